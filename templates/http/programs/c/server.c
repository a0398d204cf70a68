/* A small web server (HTTP/1.1): it serves the files of the folder www, with GET and HEAD. */
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT 8080
#define LONGEST 2048

static char root[PATH_MAX];

/* Opens the file that a path means; NULL when there is none. Never one outside of the folder. */
static FILE *find(char *path, long *size, const char **type)
{
    char wanted[PATH_MAX + LONGEST + 16], real[PATH_MAX];
    struct stat info;
    path[strcspn(path, "?")] = '\0';
    snprintf(wanted, sizeof wanted, "%s/%s", root, path);
    if (stat(wanted, &info) == 0 && S_ISDIR(info.st_mode))
        strcat(wanted, "/index.html");
    if (realpath(wanted, real) == NULL || strncmp(real, root, strlen(root)) != 0 || real[strlen(root)] != '/')
        return NULL;
    if (stat(real, &info) < 0 || !S_ISREG(info.st_mode))
        return NULL;
    *size = info.st_size;
    const char *dot = strrchr(real, '.');
    *type = dot && strcmp(dot, ".html") == 0  ? "text/html; charset=utf-8"
            : dot && strcmp(dot, ".txt") == 0 ? "text/plain; charset=utf-8"
                                              : "application/octet-stream";
    return fopen(real, "rb");
}

/* Answers one request; returns 0 when the connection is to be closed. */
static int answer(FILE *stream, FILE *out)
{
    char first[LONGEST], line[LONGEST], method[16], path[LONGEST], version[16];
    int keep = 1;
    if (fgets(first, sizeof first, stream) == NULL)
        return 0;
    first[strcspn(first, "\r\n")] = '\0';
    while (fgets(line, sizeof line, stream) != NULL && strcmp(line, "\r\n") != 0 && strcmp(line, "\n") != 0)
        if (strncasecmp(line, "Connection: close", 17) == 0)
            keep = 0;

    const char *status = "200 OK", *type = "text/plain; charset=utf-8", *message = "";
    FILE *file = NULL;
    long size = 0;
    if (sscanf(first, "%15s %2047s %15s", method, path, version) != 3 || strncmp(version, "HTTP/1.", 7) != 0) {
        status = "400 Bad Request";
        message = "Bad request\n";
        keep = 0;
    } else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        status = "501 Not Implemented";
        message = "Only GET and HEAD\n";
    } else if ((file = find(path, &size, &type)) == NULL) {
        status = "404 Not Found";
        message = "Not found\n";
    }
    if (file == NULL)
        size = strlen(message);
    printf("'%s' %.3s\n", first, status);

    fprintf(out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %ld\r\nConnection: %s\r\n\r\n", status, type, size,
            keep ? "keep-alive" : "close");
    if (strncmp(first, "HEAD ", 5) != 0) {
        fputs(message, out);
        for (int byte; file != NULL && (byte = getc(file)) != EOF;)
            putc(byte, out);
    }
    if (file != NULL)
        fclose(file);
    return fflush(out) == 0 && keep;
}

static void *serve(void *argument)
{
    int connection = (intptr_t)argument;
    FILE *stream = fdopen(connection, "rb"), *out = fdopen(dup(connection), "wb");
    while (answer(stream, out))
        ;
    fclose(out);
    fclose(stream);
    return NULL;
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
    if (realpath("www", root) == NULL) {
        perror("www");
        return 1;
    }
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
    listen(server, 10);
    printf("HTTP Server on port %d\n", PORT);
    for (;;) {
        int connection = accept(server, NULL, NULL);
        if (connection < 0)
            continue;
        pthread_t thread;
        pthread_create(&thread, NULL, serve, (void *)(intptr_t)connection);
        pthread_detach(thread);
    }
}
