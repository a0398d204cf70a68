/* An HTTP client: type "GET /path" or "HEAD /path"; other lines are sent as they are. "exit" ends. */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "8080"
#define LONGEST 2048

static FILE *connect_to(const char *host)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    if (getaddrinfo(host, PORT, &hints, &found) != 0) {
        printf("Cannot find %s\n", host);
        exit(1);
    }
    int connection = socket(found->ai_family, found->ai_socktype, 0);
    if (connect(connection, found->ai_addr, found->ai_addrlen) < 0) {
        perror("Cannot connect");
        exit(1);
    }
    freeaddrinfo(found);
    printf("Connected to %s:%s\n", host, PORT);
    return fdopen(connection, "r+");
}

/* Shows the status and the length of an answer; returns 0 when the server has closed, or will. */
static int read_answer(FILE *server, const char *method)
{
    char status[LONGEST], line[LONGEST], type[LONGEST] = "no type";
    long length = -1, got = 0;
    int keep = 1;
    if (fgets(status, sizeof status, server) == NULL)
        return 0;
    status[strcspn(status, "\r\n")] = '\0';
    while (fgets(line, sizeof line, server) != NULL && strcmp(line, "\r\n") != 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strncasecmp(line, "Content-Length: ", 16) == 0)
            length = atol(line + 16);
        if (strncasecmp(line, "Content-Type: ", 14) == 0)
            strcpy(type, line + 14);
        if (strcasecmp(line, "Connection: close") == 0)
            keep = 0;
    }
    char *body = calloc(1, length > 0 ? length + 1 : 1);
    if (length > 0 && strcmp(method, "HEAD") != 0)
        got = fread(body, 1, length, server);
    printf("%s, %ld of %ld bytes, %s\n%s", status, got, length, type, body);
    free(body);
    return keep;
}

int main(int count, char *words[])
{
    if (count != 2) {
        fprintf(stderr, "Usage: %s HOST\n", words[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    FILE *server = NULL;
    char line[LONGEST], method[16], path[LONGEST], more[16];
    for (;;) {
        printf("http> ");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL || strcmp(line, "exit\n") == 0)
            return 0;
        line[strcspn(line, "\n")] = '\0';
        if (server == NULL)
            server = connect_to(words[1]);
        int parts = sscanf(line, "%15s %2047s %15s", method, path, more);
        fprintf(server, "%s%s\r\nHost: %s\r\n\r\n", line, parts == 2 ? " HTTP/1.1" : "", words[1]);
        fflush(server);
        if (!read_answer(server, parts > 0 ? method : "")) {
            printf("The connection is closed\n");
            fclose(server);
            server = NULL;
        }
    }
}
