/* Sends bytes over TCP, and shows how that goes. Type "use ALGORITHM", "connect" or "connect BUFFER", "send N", "info", "exit". */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "7999"
#define BLOCK 65536
#define PATIENCE_MS 500

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Chooses the congestion control of this connection: reno, cubic, bbr, whichever the system has. */
static void use(int receiver, const char *algorithm)
{
    if (setsockopt(receiver, IPPROTO_TCP, TCP_CONGESTION, algorithm, strlen(algorithm)) < 0)
        perror(algorithm);
}

/* The buffer holds what was sent and is not acknowledged yet; with 0 the system decides. */
static void connect_to(int receiver, const char *host, int buffer)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    if (getaddrinfo(host, PORT, &hints, &found) != 0) {
        printf("Cannot find %s\n", host);
        exit(1);
    }
    if (buffer > 0)
        setsockopt(receiver, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (connect(receiver, found->ai_addr, found->ai_addrlen) < 0)
        fail("Cannot connect");
    freeaddrinfo(found);
    printf("Connected to %s\n", host);
}

/* Hands so many bytes to the system, which takes what its buffer has room for. Byte number n is n % 251; before: how many went already. */
static void send_bytes(int receiver, long count, long before)
{
    static unsigned char block[BLOCK];
    int told = 0;
    for (long sent = 0; sent < count;) {
        struct pollfd room = { .fd = receiver, .events = POLLOUT };
        if (poll(&room, 1, PATIENCE_MS) == 0) {
            if (!told)
                printf("send() waits, the system has taken %ld of %ld bytes\n", sent, count);
            told = 1;
            continue;
        }
        long length = count - sent < BLOCK ? count - sent : BLOCK;
        for (long i = 0; i < length; i++)
            block[i] = (before + sent + i) % 251;
        ssize_t taken = send(receiver, block, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken < 0)
            fail("send");
        sent += taken;
    }
    printf("%ld bytes sent, %ld in all\n", count, before + count);
}

/* What the system knows of the connection. */
static void show_info(int receiver)
{
    char algorithm[16] = "";
    struct tcp_info info = { 0 };
    socklen_t name_size = sizeof algorithm, size = sizeof info;
    getsockopt(receiver, IPPROTO_TCP, TCP_CONGESTION, algorithm, &name_size);
    getsockopt(receiver, IPPROTO_TCP, TCP_INFO, &info, &size);
    printf("%s: segments of %u bytes, congestion window %u segments, round trip %u us, %u sent again\n",
           algorithm, info.tcpi_snd_mss, info.tcpi_snd_cwnd, info.tcpi_rtt, info.tcpi_total_retrans);
}

int main(int count, char *words[])
{
    if (count != 2) {
        fprintf(stderr, "Usage: %s HOST\n", words[0]);
        return 2;
    }
    char line[80], algorithm[16];
    int receiver = socket(AF_INET, SOCK_STREAM, 0), connected = 0;
    long total = 0;
    for (;;) {
        long number = 0;
        printf("sender> ");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL || strcmp(line, "exit\n") == 0)
            break;
        if (sscanf(line, "use %15s", algorithm) == 1)
            use(receiver, algorithm);
        else if (strncmp(line, "connect", 7) == 0 && !connected) {
            connect_to(receiver, words[1], atoi(line + 7));
            connected = 1;
        } else if (sscanf(line, "send %ld", &number) == 1 && connected) {
            send_bytes(receiver, number, total);
            total += number;
        } else if (strcmp(line, "info\n") == 0)
            show_info(receiver);
        else
            printf("Type use ALGORITHM, connect or connect BUFFER, then send N, info; or exit\n");
    }
    close(receiver);
    return 0;
}
