/* A DHCP server (RFC 2131) for one network: gives each hardware address an address of its own. For root: port 67. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define INTERFACE "eth0"
#define OWN "10.0.0.2"
#define ROUTER "10.0.0.1"
#define MASK "255.255.255.0"
#define FIRST 100 /* the first address that it gives is 10.0.0.100 */
#define MOST 50
#define SECONDS 600

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

static uint8_t leases[MOST][6]; /* hardware address, by number of the lease */
static int lease_count;

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

static int lease_for(const uint8_t *hardware)
{
    for (int i = 0; i < lease_count; i++)
        if (memcmp(leases[i], hardware, 6) == 0)
            return i;
    if (lease_count == MOST)
        return -1;
    memcpy(leases[lease_count], hardware, 6);
    return lease_count++;
}

/* The kind of a message: option 53. 0: it has none. */
static int kind_of(const struct message *message, ssize_t length)
{
    const uint8_t *at = message->options, *end = (const uint8_t *)message + length;
    while (at + 2 < end && *at != 255) {
        if (at[0] == 53)
            return at[2];
        at += 2 + at[1];
    }
    return 0;
}

static uint8_t *add(uint8_t *at, int code, int length, const void *value)
{
    at[0] = code;
    at[1] = length;
    memcpy(at + 2, value, length);
    return at + 2 + length;
}

static uint8_t *add_address(uint8_t *at, int code, const char *text)
{
    struct in_addr address;
    inet_aton(text, &address);
    return add(at, code, sizeof address, &address);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    int server = socket(AF_INET, SOCK_DGRAM, 0), yes = 1;
    if (server < 0)
        fail("socket");
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(server, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    if (setsockopt(server, SOL_SOCKET, SO_BINDTODEVICE, INTERFACE, sizeof INTERFACE) < 0)
        fail("SO_BINDTODEVICE");
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(67)};
    if (bind(server, (struct sockaddr *)&own, sizeof own) < 0)
        fail("bind");
    /* The client has no address yet: the answer goes to all, and it knows its own by xid and hardware address. */
    struct sockaddr_in all = {.sin_family = AF_INET, .sin_port = htons(68), .sin_addr.s_addr = htonl(INADDR_BROADCAST)};

    for (;;) {
        struct message message;
        ssize_t length = recv(server, &message, sizeof message, 0);
        if (length < (ssize_t)sizeof message - (ssize_t)sizeof message.options)
            continue;
        int kind = kind_of(&message, length);
        int lease = kind == DISCOVER || kind == REQUEST ? lease_for(message.hardware) : -1;
        if (lease < 0)
            continue;
        char address[32];
        snprintf(address, sizeof address, "10.0.0.%d", FIRST + lease);
        const uint8_t *h = message.hardware;
        printf("%s from %02x:%02x:%02x:%02x:%02x:%02x -> %s\n", kind == DISCOVER ? "DISCOVER" : "REQUEST", h[0], h[1], h[2],
               h[3], h[4], h[5], address);

        uint8_t answer = kind == DISCOVER ? OFFER : ACK;
        uint32_t seconds = htonl(SECONDS);
        message.op = 2; /* an answer; xid, flags and hardware address stay */
        inet_aton(address, &message.yours);
        inet_aton(OWN, &message.next_server);
        uint8_t *at = add(message.options, 53, 1, &answer);
        at = add_address(at, 54, OWN);
        at = add(at, 51, sizeof seconds, &seconds);
        at = add_address(at, 1, MASK);
        at = add_address(at, 3, ROUTER);
        at = add_address(at, 6, OWN);
        *at++ = 255;
        if (sendto(server, &message, at - (uint8_t *)&message, 0, (struct sockaddr *)&all, sizeof all) < 0)
            perror("sendto");
    }
}
