/* trace HOST: which routers lie on the way to HOST? A small traceroute, for root: it reads ICMP from a raw socket. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PORT 33434 /* a port that nothing listens on: the host itself answers "port unreachable" */
#define MOST_HOPS 8

#define TIME_EXCEEDED 11 /* ICMP types of RFC 792 */
#define UNREACHABLE 3

static void fail(const char *call)
{
    perror(call);
    exit(2);
}

/* Waits for an ICMP error about our datagram: gives its type, and its sender. 0: the time is up. */
static int answer_to(int icmp, int port, struct in_addr *sender)
{
    unsigned char packet[1500];
    struct sockaddr_in from;

    for (;;) {
        socklen_t length = sizeof from;
        ssize_t count = recvfrom(icmp, packet, sizeof packet, 0, (struct sockaddr *)&from, &length);
        if (count < 0)
            return 0;
        int header = (packet[0] & 15) * 4; /* length of the IP header, in bytes */
        int kind = packet[header];
        unsigned char *cited = packet + header + 8; /* an ICMP error cites the packet that it is about */
        if ((kind != TIME_EXCEEDED && kind != UNREACHABLE) || count < header + 8 + 28)
            continue;
        int start = (cited[0] & 15) * 4;
        int destination_port = cited[start + 2] << 8 | cited[start + 3];
        if (destination_port == port) {
            *sender = from.sin_addr;
            return kind;
        }
    }
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: trace HOST\n");
        return 2;
    }
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *found;
    int error = getaddrinfo(argv[1], NULL, &hints, &found);
    if (error != 0) {
        fprintf(stderr, "trace: %s: %s\n", argv[1], gai_strerror(error));
        return 2;
    }
    struct sockaddr_in host = *(struct sockaddr_in *)found->ai_addr;
    freeaddrinfo(found);

    int icmp = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    if (icmp < 0 || udp < 0)
        fail("socket");
    struct timeval patience = {.tv_sec = 3};
    setsockopt(icmp, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

    printf("way to %s (%s):\n", argv[1], inet_ntoa(host.sin_addr));
    for (int hops = 1; hops <= MOST_HOPS; hops++) {
        struct in_addr sender;
        /* the router at which it reaches 0 sends an error back */
        if (setsockopt(udp, IPPROTO_IP, IP_TTL, &hops, sizeof hops) < 0)
            fail("setsockopt");
        host.sin_port = htons(PORT + hops);
        if (sendto(udp, "where am I?", 11, 0, (struct sockaddr *)&host, sizeof host) < 0)
            fail("sendto");
        int kind = answer_to(icmp, PORT + hops, &sender);
        if (kind == 0) {
            printf("%d  no answer\n", hops);
        } else if (kind == TIME_EXCEEDED) {
            printf("%d  %s\n", hops, inet_ntoa(sender));
        } else if (sender.s_addr == host.sin_addr.s_addr) {
            printf("%d  %s  reached\n", hops, inet_ntoa(sender));
            return 0;
        } else {
            printf("%d  %s  says: unreachable\n", hops, inet_ntoa(sender));
            return 1;
        }
    }
    printf("not reached within %d hops\n", MOST_HOPS);
    return 1;
}
