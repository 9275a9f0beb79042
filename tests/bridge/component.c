/* A component in the shape INIT / BUSINESS_HANDLE, GBK in and out, compiled by the tests.
 *
 * COMPONENT_PORT: passes messages on to a simulator at 127.0.0.1, converted to UTF-8 and back.
 * COMPONENT_INIT: INIT gives this number and a text in GBK.
 * Numbers HANG, CRASH, FILL and RC<code> do as their name says; ECHO tells what bytes came.
 */
#include <arpa/inet.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LARGE (4 * 1024 * 1024)

int INIT(char *errbuf) {
    const char *code = getenv("COMPONENT_INIT");
    strcpy(errbuf, code ? "\xb2\xbb\xd0\xd0" : ""); /* 不行 */
    return code ? atoi(code) : 0;
}

static size_t convert(const char *to, const char *from, char *in, size_t length, char *out) {
    char *start = out;
    size_t room = LARGE;
    iconv_t way = iconv_open(to, from);
    if (way == (iconv_t)-1 || iconv(way, &in, &length, &out, &room) == (size_t)-1) return 0;
    iconv_close(way);
    *out = 0;
    return (size_t)(out - start);
}

static int forward(const char *in, char *out) {
    char *given = strdup(in), *body = malloc(LARGE + 1), *answer = malloc(LARGE + 1), head[256];
    size_t length = convert("UTF-8", "GBK", given, strlen(given), body), have = 0;
    ssize_t got;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((unsigned short)atoi(getenv("COMPONENT_PORT")));
    int wire = socket(AF_INET, SOCK_STREAM, 0);
    if (!length || connect(wire, (struct sockaddr *)&address, sizeof address)) return -1;
    snprintf(head, sizeof head,
             "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n", length);
    if (write(wire, head, strlen(head)) < 0 || write(wire, body, length) < 0) return -1;
    while (have < LARGE && (got = read(wire, answer + have, LARGE - have)) > 0) have += (size_t)got;
    close(wire);
    answer[have] = 0;
    char *text = strstr(answer, "\r\n\r\n");
    if (!text || !convert("GBK", "UTF-8", text + 4, strlen(text + 4), out)) return -1;
    free(given), free(body), free(answer);
    return 0;
}

int BUSINESS_HANDLE(const char *in, char *out) {
    if (strstr(in, "\"infno\": \"HANG\"")) for (;;) pause();
    if (strstr(in, "\"infno\": \"CRASH\"")) abort();
    if (strstr(in, "\"infno\": \"FILL\"")) {
        memset(out, 'x', (size_t)atoi(getenv("COMPONENT_FILL")));
        return 0;
    }
    const char *code = strstr(in, "\"infno\": \"RC");
    if (code) {
        strcpy(out, "{\"infcode\": -1, \"err_msg\": \"\xb2\xbb\xd0\xd0\"}");
        return atoi(code + strlen("\"infno\": \"RC")) * -1;
    }
    if (strstr(in, "\"infno\": \"ECHO\"")) {
        char *end = out + sprintf(out, "{\"infcode\": 0, \"output\": {\"text\": \"\xd5\xc5\", \"hex\": \"");
        for (; *in; in++) end += sprintf(end, "%02x", (unsigned char)*in);
        strcpy(end, "\"}}");
        return 0;
    }
    return forward(in, out);
}
