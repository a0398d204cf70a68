/* TP3: a client. It sends what you type, and shows the answer; "exit" closes the connection. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "7999"

int main(int count, char *words[])
{
    if (count != 2) {
        fprintf(stderr, "Usage: %s HOST\n", words[0]);
        return 2;
    }
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    if (getaddrinfo(words[1], PORT, &hints, &found) != 0) {
        printf("Cannot find %s\n", words[1]);
        return 1;
    }
    int connection = socket(found->ai_family, found->ai_socktype, 0);
    if (connect(connection, found->ai_addr, found->ai_addrlen) < 0) {
        perror("Cannot connect");
        return 1;
    }
    FILE *answers = fdopen(dup(connection), "r"); /* fgets reads on to the end of the line */
    char host[256], line[4096];
    gethostname(host, sizeof host);
    for (;;) {
        printf("%s$ ", host);
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL || strcmp(line, "exit\n") == 0)
            break;
        send(connection, line, strlen(line), MSG_NOSIGNAL);
        if (fgets(line, sizeof line, answers) == NULL) {
            printf("The server has gone\n");
            return 1;
        }
        printf("%s", line);
    }
    fclose(answers);
    close(connection);
    return 0;
}
