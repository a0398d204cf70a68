/* A DNS server (RFC 1035) that knows the names of one domain, and their IPv4 addresses. For root: port 53. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
    const char *name, *address;
} names[] = {
    {"server.tp.lan", "10.0.0.2"},
    {"printer.tp.lan", "10.0.0.20"},
};

#define NO_SUCH_NAME 3 /* RCODE: NXDOMAIN */
#define ANSWER 0x8400  /* flags: this is an answer, from who is in charge of the domain */
#define SECONDS 60     /* so long others may remember it */

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

/* The name of the question, and where the question ends; 0: it is none. Each part of a name has its length before it, and 0 is the end. */
static int read_question(const uint8_t *message, int length, char *name)
{
    int at = 12, written = 0;
    while (at < length && message[at] != 0) {
        int part = message[at++];
        if (part > 63 || at + part >= length || written + part + 1 > 250)
            return 0;
        if (written > 0)
            name[written++] = '.';
        for (int i = 0; i < part; i++)
            name[written++] = tolower(message[at + i]);
        at += part;
    }
    name[written] = '\0';
    return at + 5 <= length ? at + 5 : 0; /* 0, type and class belong to the question, too */
}

static const char *address_of(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].address;
    return NULL;
}

static void put(uint8_t *at, unsigned value)
{
    at[0] = value >> 8;
    at[1] = value & 255;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(53)}, client;
    if (server < 0)
        fail("socket");
    if (bind(server, (struct sockaddr *)&own, sizeof own) < 0)
        fail("bind");
    for (;;) {
        uint8_t message[512 + 16];
        char name[256];
        socklen_t size = sizeof client;
        int length = recvfrom(server, message, 512, 0, (struct sockaddr *)&client, &size);
        int end = length < 12 ? 0 : read_question(message, length, name);
        if (end == 0)
            continue;
        const char *address = address_of(name);
        printf("%s -> %s\n", name, address ? address : "no such name");

        /* The first two bytes stay: by them who asked knows the answer. So does the question. */
        put(message + 2, ANSWER | (address ? 0 : NO_SUCH_NAME));
        put(message + 4, 1);
        put(message + 6, address ? 1 : 0);
        put(message + 8, 0);
        put(message + 10, 0);
        if (address) {
            uint8_t *record = message + end;
            put(record, 0xC00C); /* "the name that stands at byte 12": the one of the question */
            put(record + 2, 1);  /* A: an IPv4 address */
            put(record + 4, 1);  /* of the Internet */
            put(record + 6, 0);
            put(record + 8, SECONDS);
            put(record + 10, 4);
            inet_aton(address, (struct in_addr *)(record + 12));
            end += 16;
        }
        if (sendto(server, message, end, 0, (struct sockaddr *)&client, size) < 0)
            perror("sendto");
    }
}
