/* TP1: a TCP server that talks with one client, line by line, in turns. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 7999
#define LONGEST 4096

/* TCP carries bytes, not messages: recv() gives what is there, so read on to the end of the line.
 * Returns its length without the newline, or -1 when the client has closed. */
static ssize_t receive_line(int connection, char line[LONGEST])
{
    size_t length = 0;
    while (length == 0 || line[length - 1] != '\n') {
        ssize_t got = recv(connection, line + length, LONGEST - 1 - length, 0);
        if (got <= 0)
            return -1;
        length += got;
    }
    line[--length] = '\0';
    return length;
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

static void talk(int connection)
{
    char host[256], message[LONGEST], last[LONGEST] = "", answer[LONGEST];
    gethostname(host, sizeof host);
    for (;;) {
        if (receive_line(connection, message) < 0) {
            printf("The client has gone\n");
            return;
        }
        if (strcmp(message, "exit") == 0) {
            strcat(last, "\n");
            send_all(connection, last, strlen(last));
            recv(connection, message, 1, 0); /* the client closes first: TIME_WAIT stays on its side */
            return;
        }
        printf("from client '%s'\n", message);
        strcpy(last, message);
        printf("server@%s:%d$ ", host, PORT);
        fflush(stdout);
        if (fgets(answer, sizeof answer, stdin) == NULL) /* Ctrl-D */
            return;
        send_all(connection, answer, strlen(answer)); /* fgets keeps the newline */
    }
}

int main(void)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(PORT),
        .sin_addr.s_addr = htonl(INADDR_ANY), /* on all addresses of this machine */
    };
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        return 1;
    }
    listen(server, 5);
    printf("TP1 Server\nListening ...\n");

    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    int connection = accept(server, (struct sockaddr *)&peer, &size);
    if (connection < 0) {
        perror("accept");
        return 1;
    }
    printf("Connected by : %s port %d\n", inet_ntoa(peer.sin_addr), ntohs(peer.sin_port));
    talk(connection);
    close(connection);
    close(server);
    return 0;
}
