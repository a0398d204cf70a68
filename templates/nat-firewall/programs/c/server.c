/* server NAME: a web server that answers every GET with its name and with the address that it sees the client have. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 8000

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

static void serve(int connection, const char *name, const char *address)
{
    char request[4096], text[128], answer[512];

    ssize_t count = recv(connection, request, sizeof request - 1, 0);
    printf("request from %s\n", address);
    if (count < 4 || strncmp(request, "GET ", 4) != 0)
        return;
    int length = snprintf(text, sizeof text, "%.60s sees you as %s\n", name, address);
    int all = snprintf(answer, sizeof answer,
                       "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", length, text);
    if (send(connection, answer, all, 0) < 0)
        perror("send");
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: server NAME\n");
        return 2;
    }
    int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (server < 0)
        fail("socket");
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_ANY)};
    if (bind(server, (struct sockaddr *)&own, sizeof own) < 0)
        fail("bind");
    if (listen(server, 5) < 0)
        fail("listen");
    for (;;) {
        struct sockaddr_in client;
        socklen_t length = sizeof client;
        int connection = accept(server, (struct sockaddr *)&client, &length);
        if (connection < 0)
            fail("accept");
        serve(connection, argv[1], inet_ntoa(client.sin_addr));
        close(connection);
    }
}
