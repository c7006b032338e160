/* Notes every connection to the network that a process (and its children) asks for: one line each in CALLS_LOG. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void note(const char *what, const char *whom)
{
    const char *log = getenv("CALLS_LOG");
    char line[512];
    if (!log)
        return;
    int handle = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (handle < 0)
        return;
    int size = snprintf(line, sizeof line, "%s %s\n", what, whom ? whom : "?");
    if (write(handle, line, size) < 0)
        _exit(99);
    close(handle);
}

static void note_address(const char *what, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    if (!address || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
        return;
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)address)->sin_addr, text, sizeof text);
    else
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)address)->sin6_addr, text, sizeof text);
    note(what, text);
}

int connect(int handle, const struct sockaddr *address, socklen_t size)
{
    int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    note_address("connect", address);
    return next(handle, address, size);
}

ssize_t sendto(int handle, const void *data, size_t count, int flags, const struct sockaddr *address, socklen_t size)
{
    ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "sendto");
    note_address("sendto", address);
    return next(handle, data, count, flags, address, size);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    note("getaddrinfo", node);
    return next(node, service, hints, found);
}
