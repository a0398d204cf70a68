/* Takes files over TCP. A client sends a line "NAME SIZE", then so many bytes; the answer is a line with their CRC-32. */
#include "crc32.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT 7999
#define FOLDER "received"
#define BLOCK 65536

/* Stores one file and answers; returns 0 when the client has closed. */
static int receive_file(FILE *stream, int connection)
{
    static char head[512], block[BLOCK];
    char name[256], path[300];
    long size;
    if (fgets(head, sizeof head, stream) == NULL || sscanf(head, "%255s %ld", name, &size) != 2)
        return 0;
    const char *slash = strrchr(name, '/'); /* never outside of the folder */
    snprintf(path, sizeof path, "%s/%s", FOLDER, slash ? slash + 1 : name);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    uint32_t crc = 0;
    for (long left = size; left > 0;) {
        size_t got = fread(block, 1, left < BLOCK ? left : BLOCK, stream); /* calls recv as often as is needed */
        if (got == 0) {
            printf("%s: the client has gone, %ld bytes are missing\n", name, left);
            fclose(file);
            return 0;
        }
        fwrite(block, 1, got, file);
        crc = crc32(crc, block, got);
        left -= got;
    }
    fclose(file);
    printf("%s: %ld bytes, CRC %08x\n", name, size, crc);
    dprintf(connection, "%08x\n", crc);
    return 1;
}

static void stop(int signal)
{
    (void)signal;
    _Exit(0);
}

int main(void)
{
    signal(SIGINT, stop); /* Ctrl-C ends the server */
    signal(SIGPIPE, SIG_IGN);
    mkdir(FOLDER, 0755);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(PORT),
        .sin_addr.s_addr = htonl(INADDR_ANY),
    };
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        return 1;
    }
    listen(server, 5);
    printf("File Server\n");
    for (;;) { /* one client after the other */
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        int connection = accept(server, (struct sockaddr *)&peer, &size);
        if (connection < 0) {
            perror("accept");
            return 1;
        }
        printf("Connected by : %s\n", inet_ntoa(peer.sin_addr));
        FILE *stream = fdopen(dup(connection), "rb");
        while (receive_file(stream, connection))
            ;
        fclose(stream);
        close(connection);
    }
}
