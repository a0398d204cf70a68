/* TP2: a UDP echo server. It sends every datagram back, but leaves every fifth one unanswered, so that there are losses to see. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define PORT 7999
#define LARGEST 65535 /* a datagram is read at once, or its rest is lost */

static void stop(int signal)
{
    (void)signal;
    _Exit(0);
}

int main(void)
{
    signal(SIGINT, stop); /* Ctrl-C ends the server */
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(PORT),
        .sin_addr.s_addr = htonl(INADDR_ANY), /* on all addresses of this machine; no listen, no accept */
    };
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        return 1;
    }
    printf("TP2 Server\n");

    static char data[LARGEST];
    for (int count = 1;; count++) {
        struct sockaddr_in client;
        socklen_t size = sizeof client;
        ssize_t length = recvfrom(server, data, sizeof data, 0, (struct sockaddr *)&client, &size);
        if (length < 0) {
            perror("recvfrom");
            return 1;
        }
        int unanswered = count % 5 == 0;
        printf("datagram %d: %zd bytes from %s%s\n", count, length, inet_ntoa(client.sin_addr),
               unanswered ? ", not answered" : "");
        if (!unanswered)
            sendto(server, data, length, 0, (struct sockaddr *)&client, size);
    }
}
