/* A DHCP client (RFC 2131): asks for an address, and gives it to the interface. For root: port 68, and the interface. */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define INTERFACE "eth0"

enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5 }; /* option 53 */

/* A message (RFC 2131, 2); every number in the byte order of the network. */
struct message {
    uint8_t op, hardware_type, hardware_length, hops;
    uint32_t xid;
    uint16_t seconds, flags;
    struct in_addr client, yours, next_server, relay;
    uint8_t hardware[16];
    char names[192]; /* of server and file: no one uses them */
    uint8_t cookie[4];
    uint8_t options[312];
};

static uint8_t hardware[6];
static uint32_t xid; /* the server writes it into its answers */
static int client;

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

/* The value of an option; NULL: the message does not have it. */
static const uint8_t *option(const struct message *message, int code)
{
    const uint8_t *at = message->options, *end = at + sizeof message->options;
    while (at + 2 < end && *at != 255) {
        if (at[0] == code)
            return at + 2;
        at += 2 + at[1];
    }
    return NULL;
}

static const char *text_of(const void *address)
{
    return inet_ntoa(*(const struct in_addr *)address);
}

/* A REQUEST names the address of the OFFER and its server. */
static void ask(uint8_t kind, const struct message *offer)
{
    struct message message = {.op = 1, .hardware_type = 1, .hardware_length = 6, .xid = xid, .cookie = {99, 130, 83, 99}};
    message.flags = htons(0x8000); /* please answer to all: nothing that is for one address reaches us yet */
    memcpy(message.hardware, hardware, 6);
    uint8_t *at = message.options;
    *at++ = 53, *at++ = 1, *at++ = kind;
    if (offer != NULL) {
        *at++ = 50, *at++ = 4;
        memcpy(at, &offer->yours, 4);
        at += 4;
        *at++ = 54, *at++ = 4;
        memcpy(at, option(offer, 54), 4);
        at += 4;
    }
    *at++ = 255;
    struct sockaddr_in all = {.sin_family = AF_INET, .sin_port = htons(67), .sin_addr.s_addr = htonl(INADDR_BROADCAST)};
    if (sendto(client, &message, sizeof message, 0, (struct sockaddr *)&all, sizeof all) < 0)
        fail("sendto");
}

static void wait_for(uint8_t kind, struct message *message)
{
    for (;;) {
        memset(message, 255, sizeof *message);
        if (recv(client, message, sizeof *message, 0) < 0) {
            printf("no answer\n");
            exit(1);
        }
        const uint8_t *theirs = option(message, 53);
        if (message->xid == xid && theirs != NULL && *theirs == kind)
            return;
    }
}

static void run(const char *command)
{
    if (system(command) != 0)
        exit(1);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    srand(time(NULL) ^ getpid());
    xid = rand();
    run("ip address flush dev " INTERFACE); /* what an earlier run has got */

    client = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq interface = {.ifr_name = INTERFACE};
    int yes = 1;
    struct timeval patience = {.tv_sec = 2};
    if (client < 0 || ioctl(client, SIOCGIFHWADDR, &interface) < 0)
        fail(INTERFACE);
    memcpy(hardware, interface.ifr_hwaddr.sa_data, 6);
    setsockopt(client, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (setsockopt(client, SOL_SOCKET, SO_BINDTODEVICE, INTERFACE, sizeof INTERFACE) < 0)
        fail("SO_BINDTODEVICE");
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(68)};
    if (bind(client, (struct sockaddr *)&own, sizeof own) < 0)
        fail("bind");

    struct message offer, ack;
    const uint8_t *h = hardware;
    printf("DISCOVER: has anyone an address for %02x:%02x:%02x:%02x:%02x:%02x?\n", h[0], h[1], h[2], h[3], h[4], h[5]);
    ask(DISCOVER, NULL);
    wait_for(OFFER, &offer);
    printf("OFFER: %s", text_of(&offer.yours));
    printf(" from %s\n", text_of(option(&offer, 54)));

    printf("REQUEST: %s\n", text_of(&offer.yours));
    ask(REQUEST, &offer);
    wait_for(ACK, &ack);
    uint32_t mask, seconds;
    memcpy(&mask, option(&ack, 1), 4);
    memcpy(&seconds, option(&ack, 51), 4);
    int prefix = __builtin_popcount(mask);
    printf("ACK: %s/%d", text_of(&ack.yours), prefix);
    printf(", router %s", text_of(option(&ack, 3)));
    printf(", DNS %s, for %u s\n", text_of(option(&ack, 6)), ntohl(seconds));

    char command[128];
    snprintf(command, sizeof command, "ip address replace %s/%d dev " INTERFACE, text_of(&ack.yours), prefix);
    run(command);
    snprintf(command, sizeof command, "ip route replace default via %s", text_of(option(&ack, 3)));
    run(command);
    return 0;
}
