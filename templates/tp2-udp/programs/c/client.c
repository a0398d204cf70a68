/* TP2: ping over UDP. Type how many datagrams to send, and of how many bytes ("10", "3 2000"), or "exit". */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PORT "7999"
#define LARGEST 65507 /* of a datagram over IPv4 */
#define PATIENCE_MS 1000

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000.0 + now.tv_nsec / 1e6;
}

static void set_timeout(int server, double ms)
{
    if (ms < 1)
        ms = 1;
    struct timeval timeout = { .tv_sec = ms / 1000, .tv_usec = (long)(ms * 1000) % 1000000 };
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
}

/* Sends one datagram. Gives the time until its answer in milliseconds, or -1 when none came in time. */
static double ping(int server, const char *host, int number, int size)
{
    static char data[LARGEST], answer[LARGEST];
    memset(data, '.', size);
    data[snprintf(data, sizeof data, "ping %d ", number)] = '.';
    double begin = now_ms();
    send(server, data, size, 0);
    for (;;) {
        set_timeout(server, begin + PATIENCE_MS - now_ms());
        ssize_t length = recv(server, answer, sizeof answer, 0);
        if (length < 0 && errno == ECONNREFUSED) { /* ICMP said so; only a connected socket of UDP is told */
            printf("ping %d: nobody listens on %s:%s\n", number, host, PORT);
            return -1;
        }
        if (length < 0) {
            printf("ping %d: no answer\n", number);
            return -1;
        }
        if (length == size && memcmp(data, answer, size) == 0)
            break; /* else it is the late answer to another ping */
    }
    double duration = now_ms() - begin;
    printf("ping %d: %d bytes back after %.1f ms\n", number, size, duration);
    return duration;
}

static void ping_all(int server, const char *host, int count, int size)
{
    int received = 0;
    double sum = 0, min = 0, max = 0;
    for (int number = 1; number <= count; number++) {
        double duration = ping(server, host, number, size);
        if (duration < 0)
            continue;
        if (received == 0 || duration < min)
            min = duration;
        if (duration > max)
            max = duration;
        sum += duration;
        received++;
    }
    printf("%d sent, %d received, %d %% lost\n", count, received, 100 * (count - received) / count);
    if (received > 0)
        printf("min/avg/max = %.1f/%.1f/%.1f ms\n", min, sum / received, max);
}

int main(int words_count, char *words[])
{
    if (words_count != 2) {
        fprintf(stderr, "Usage: %s HOST\n", words[0]);
        return 2;
    }
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *found;
    if (getaddrinfo(words[1], PORT, &hints, &found) != 0) {
        printf("Cannot find %s\n", words[1]);
        return 1;
    }
    printf("TP2 CLI\n");
    int server = socket(found->ai_family, found->ai_socktype, 0);
    /* sends nothing: it only says where send() goes, and from where recv() takes */
    connect(server, found->ai_addr, found->ai_addrlen);

    char name[256], line[256];
    gethostname(name, sizeof name);
    for (;;) {
        int count, size = 64;
        printf("ping@%s:%s$ ", name, PORT);
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL || strcmp(line, "exit\n") == 0)
            break;
        if (sscanf(line, "%d %d", &count, &size) < 1 || count < 1 || size < 20 || size > LARGEST)
            printf("Type COUNT, COUNT SIZE, or exit\n");
        else
            ping_all(server, words[1], count, size);
    }
    close(server);
    return 0;
}
