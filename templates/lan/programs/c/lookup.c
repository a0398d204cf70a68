/* lookup SERVER: asks a DNS server for the addresses of names. "quit" ends it. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int client;
static struct sockaddr_in server = {.sin_family = AF_INET};

/* Writes a query for the name, and gives its length. */
static int write_query(uint8_t *query, const char *name, int number)
{
    /* number; flags: please ask others, if you have to; one question */
    uint8_t head[12] = {number >> 8, number & 255, 1, 0, 0, 1};
    memcpy(query, head, sizeof head);
    uint8_t *at = query + sizeof head;
    while (*name != '\0') {
        int part = strcspn(name, ".");
        *at++ = part;
        memcpy(at, name, part);
        at += part;
        name += part + (name[part] == '.');
    }
    uint8_t tail[5] = {0, 0, 1, 0, 1}; /* end of the name; type A, class Internet */
    memcpy(at, tail, sizeof tail);
    return at + sizeof tail - query;
}

static void look_up(const char *name)
{
    uint8_t message[512];
    int number = rand() & 0xffff;
    int length = write_query(message, name, number);

    if (sendto(client, message, length, 0, (struct sockaddr *)&server, sizeof server) < 0)
        perror("sendto");
    do {
        length = recv(client, message, sizeof message, 0);
        if (length < 12) {
            printf("%s: no answer\n", name);
            return;
        }
    } while ((message[0] << 8 | message[1]) != number); /* an answer to something else may come late */

    if ((message[3] & 15) == 3)
        printf("%s: no such name\n", name);
    else if (message[7] == 0)
        printf("%s: no address\n", name);
    else
        printf("%s has the address %s\n", name, inet_ntoa(*(struct in_addr *)(message + length - 4)));
}

int main(int argc, char *argv[])
{
    char name[200];

    if (argc != 2 || inet_aton(argv[1], &server.sin_addr) == 0) {
        fprintf(stderr, "usage: lookup ADDRESS\n");
        return 2;
    }
    server.sin_port = htons(53);
    srand(time(NULL) ^ getpid());
    client = socket(AF_INET, SOCK_DGRAM, 0);
    struct timeval patience = {.tv_sec = 2};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (;;) {
        printf("name> ");
        fflush(stdout);
        if (fgets(name, sizeof name, stdin) == NULL)
            return 0;
        name[strcspn(name, "\n")] = '\0';
        if (strcmp(name, "quit") == 0)
            return 0;
        if (name[0] != '\0')
            look_up(name);
    }
}
