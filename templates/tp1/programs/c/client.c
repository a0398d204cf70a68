/* TP1: a TCP client. It sends what you type, and shows the answer; "exit" ends the session. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "7999"
#define LONGEST 4096

/* TCP carries bytes, not messages: recv() gives what is there, so read on to the end of the line. */
static void receive_line(int connection, char line[LONGEST])
{
    size_t length = 0;
    while (length == 0 || line[length - 1] != '\n') {
        ssize_t got = recv(connection, line + length, LONGEST - 1 - length, 0);
        if (got <= 0) {
            printf("The server has gone\n");
            exit(1);
        }
        length += got;
    }
    line[length - 1] = '\0';
}

/* send() may take only the first part of the bytes. */
static void send_all(int connection, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(connection, bytes, length, MSG_NOSIGNAL);
        if (sent < 0) {
            perror("send");
            exit(1);
        }
        bytes += sent;
        length -= sent;
    }
}

/* Finds the addresses of a name, and connects to the first that answers. */
static int connect_to(const char *host)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    int error = getaddrinfo(host, PORT, &hints, &found);
    if (error != 0) {
        printf("Cannot find %s: %s\n", host, gai_strerror(error));
        exit(1);
    }
    int connection = socket(found->ai_family, found->ai_socktype, 0);
    if (connect(connection, found->ai_addr, found->ai_addrlen) < 0) {
        perror("Cannot connect");
        exit(1);
    }
    freeaddrinfo(found);
    return connection;
}

int main(int count, char *words[])
{
    if (count != 2) {
        fprintf(stderr, "Usage: %s HOST\n", words[0]);
        return 2;
    }
    printf("TP1 CLI\n");
    int connection = connect_to(words[1]);
    char host[256], message[LONGEST] = "", answer[LONGEST];
    gethostname(host, sizeof host);
    while (strcmp(message, "exit\n") != 0) {
        printf("client@%s:%s$ ", host, PORT);
        fflush(stdout);
        if (fgets(message, sizeof message, stdin) == NULL) /* Ctrl-D */
            break;
        send_all(connection, message, strlen(message)); /* fgets keeps the newline */
        receive_line(connection, answer);
        printf("from server %s\n", answer);
    }
    close(connection);
    return 0;
}
