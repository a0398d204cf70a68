/* Sends files over TCP: type the name of one, or "exit". The server answers with the CRC-32 of what it got. */
#include "crc32.h"
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT "7999"
#define BLOCK 65536

/* send() may take only the first part of the bytes. */
static void send_all(int server, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(server, bytes, length, MSG_NOSIGNAL);
        if (sent < 0) {
            perror("send");
            exit(1);
        }
        bytes += sent;
        length -= sent;
    }
}

static void send_file(int server, FILE *answers, const char *name)
{
    static char block[BLOCK];
    char text[512] = "";
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        printf("There is no file %s\n", name);
        return;
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    const char *slash = strrchr(name, '/');
    int length = snprintf(text, sizeof text, "%s %ld\n", slash ? slash + 1 : name, size);
    send_all(server, text, length);
    uint32_t crc = 0;
    size_t got;
    while ((got = fread(block, 1, BLOCK, file)) > 0) {
        send_all(server, block, got);
        crc = crc32(crc, block, got);
    }
    fclose(file);
    if (fgets(text, sizeof text, answers) == NULL) {
        printf("The server has gone\n");
        exit(1);
    }
    printf("%s: %ld bytes, CRC %08x, ", name, size, crc);
    if (strtoul(text, NULL, 16) == crc)
        printf("arrived whole\n");
    else
        printf("but the server got %s", text);
}

int main(int count, char *words[])
{
    if (count != 2) {
        fprintf(stderr, "Usage: %s HOST\n", words[0]);
        return 2;
    }
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    if (getaddrinfo(words[1], PORT, &hints, &found) != 0) {
        printf("Cannot find %s\n", words[1]);
        return 1;
    }
    int server = socket(found->ai_family, found->ai_socktype, 0);
    if (connect(server, found->ai_addr, found->ai_addrlen) < 0) {
        perror("Cannot connect");
        return 1;
    }
    FILE *answers = fdopen(dup(server), "r");
    char name[256];
    for (;;) {
        printf("file? ");
        fflush(stdout);
        if (fgets(name, sizeof name, stdin) == NULL || strcmp(name, "exit\n") == 0)
            break;
        name[strcspn(name, "\n")] = '\0';
        send_file(server, answers, name);
    }
    fclose(answers);
    close(server);
    return 0;
}
