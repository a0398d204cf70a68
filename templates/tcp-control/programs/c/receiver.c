/* Takes bytes over TCP, and reads them only when it is told to. Type "listen" or "listen BUFFER", "read N", "exit". */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 7999
#define BLOCK 65536

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Waits for a sender. The buffer holds what came and was not read yet; with 0 the system decides. */
static int listen_for_sender(int buffer)
{
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (buffer > 0) /* before the handshake, which announces the first window */
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(PORT),
        .sin_addr.s_addr = htonl(INADDR_ANY),
    };
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0)
        fail("bind");
    listen(listener, 1);
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    int sender = accept(listener, (struct sockaddr *)&peer, &size);
    if (sender < 0)
        fail("accept");
    close(listener);
    printf("Connected by : %s\n", inet_ntoa(peer.sin_addr));
    return sender;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* Reads so many bytes, fewer only when the sender has closed. Byte number n is to be n % 251; before: how many came already. */
static long read_bytes(int sender, long count, long before)
{
    static unsigned char block[BLOCK];
    double begin = now();
    long total = 0;
    int right = 1;
    while (total < count) {
        long wanted = count - total < BLOCK ? count - total : BLOCK;
        ssize_t got = recv(sender, block, wanted, 0);
        if (got < 0)
            fail("recv");
        if (got == 0)
            break;
        for (ssize_t i = 0; i < got; i++)
            right = right && block[i] == (before + total + i) % 251;
        total += got;
    }
    printf("%ld bytes read, %ld in all, %s, %.3f s\n", total, before + total, right ? "in order" : "not as they were sent", now() - begin);
    return total;
}

int main(void)
{
    char line[80];
    int sender = -1;
    long total = 0;
    printf("Receiver\n");
    for (;;) {
        long number = 0;
        printf("receiver> ");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL || strcmp(line, "exit\n") == 0)
            break;
        if (strncmp(line, "listen", 6) == 0 && sender < 0)
            sender = listen_for_sender(atoi(line + 6));
        else if (sscanf(line, "read %ld", &number) == 1 && sender >= 0)
            total += read_bytes(sender, number, total);
        else
            printf("Type listen or listen BUFFER, then read N; or exit\n");
    }
    if (sender >= 0)
        close(sender);
    return 0;
}
