/*
 * Replies that are hardly HTTP: real libcurl against a server that sends
 * exactly the bytes of a row.
 */

#include "unit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "http/http_internal.h"

#define TRIES 3
#define GOOD_ONES 3	/* other requests, with each */

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static const char good[] = OK_HEAD "Content-Length: 2\r\n\r\n{}";

/* A reply, the message about it, and how many letters a "~" stands for. */
static const struct {
	const char *reply, *why;
	size_t letters;
} rows[] = {
	{ "hello there\n", "HTTP/0.9", 0 },
	{ "\r\n\r\n", "HTTP/0.9", 0 },
	{ "RTSP/1.0 200 OK\r\n\r\n{}", "HTTP/0.9", 0 },
	{ "\x15\x03\x01", "", 0 },
	{ "HTTP/9.9 200 OK\r\n\r\n{}", "", 0 },
	{ "HTTP/1.1 abc\r\n\r\n{}", "", 0 },
	{ "HTTP/1.1 99 X\r\nContent-Length: 2\r\n\r\n{}", "", 0 },
	{ "HTTP/1.1 1000 X\r\nContent-Length: 2\r\n\r\n{}", "", 0 },
	{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
	    "Connection: Upgrade\r\n\r\n", "", 0 },
	{ OK_HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}", "chunk", 0 },
	{ OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
	    "fffffffffffffffffff\r\n{}", "", 0 },
	{ OK_HEAD "Transfer-Encoding: x\r\n\r\n{}", "", 0 },
	{ OK_HEAD "Content-Length: -5\r\n\r\n{}", "", 0 },
	{ OK_HEAD "Content-Length: 9\r\n\r\n{}", "", 0 },
	{ OK_HEAD "no colon\r\n\r\n{}", "", 0 },
	{ "", "", 0 },
	{ OK_HEAD "X: ~\r\nContent-Length: 2\r\n\r\n{}", "too long", 400000 },
	{ OK_HEAD "Content-Type: application/json\r\nSet-Cookie: ~\r\n"
	    "Content-Length: 2\r\n\r\n{}", "too long", 110000 },
	{ "HTTP/1.1 200 ~\r\n\r\n{}", "", 400000 },
	{ OK_HEAD "~: x\r\n\r\n{}", "", 2000000 },
	{ "~", "", 400000 },
};

/* Write the row; the client may close early. */
static void
answer(int on, const char *reply, size_t letters)
{
	size_t head = strcspn(reply, "~"), i, k, n = letters + strlen(reply);
	char *all = mem_alloc(n + 1);
	ssize_t done;

	for (i = k = 0; i < strlen(reply); i++) {
		if (i == head && letters > 0) {
			memset(&all[k], 'a', letters);
			k += letters;
		} else {
			all[k++] = reply[i];
		}
	}
	for (i = 0; i < k; i += (size_t)done)
		if ((done = send(on, &all[i], k - i, MSG_NOSIGNAL)) <= 0)
			break;
	free(all);
}

/* Serve until killed: "/N" gets row N, if there is one. */
static void
serve(int fd)
{
	char request[8192];
	const char *reply;
	ssize_t got;
	size_t n, row;
	int on;

	for (;;) {
		on = accept(fd, NULL, NULL);
		for (n = 0, got = 1; got > 0; n += (size_t)got) {
			got = read(on, &request[n], sizeof(request) - n - 1);
			request[n + (size_t)(got > 0 ? got : 0)] = '\0';
			if (strstr(request, "\r\n\r\n") != NULL)
				break;
		}
		row = strtoul(request + strcspn(request, "/") + 1, NULL, 10);
		reply = row < LENGTH(rows) ? rows[row].reply : good;
		answer(on, reply, row < LENGTH(rows) ? rows[row].letters : 0);
		close(on);
	}
}

static pid_t server;
static char base[64];

static int
start_server(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	if (fd == -1 || bind(fd, (struct sockaddr *)&address, len) == -1 ||
	    listen(fd, 64) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) == -1)
		return -1;
	snprintf(base, sizeof(base), "http://127.0.0.1:%u",
	    (unsigned)ntohs(address.sin_port));
	if ((server = fork()) == 0)
		serve(fd);
	close(fd);
	return server == -1 ? -1 : 0;
}

static int
stop_server(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	return waitpid(server, NULL, 0) == server ? 0 : -1;
}

/* Request paths, starting with the given one. */
static void
ask(struct http *http, size_t path)
{
	http_send(http, &(struct http_request){ .what = "it",
	    .url = mem_format("%s/%zu", base, path) });
}

/* It fails its own request only. */
static void
test_garbage_ends_no_run(void **state)
{
	struct http_settings settings = { .base = base, .agent = "test",
	    .jobs = 4, .attempts = TRIES, .max_wait_ms = 60000,
	    .stall_ms = 60000, .first_byte_ms = 60000, .max_body = 1000,
	    .wake_fd = -1, .log = log_new(LOG_ERROR, LOG_ERROR) };
	struct err err = { .kind = ERR_NONE };
	struct http *http = http_new(&settings, &err);
	struct http_reply *reply;
	enum http_event event;
	size_t row, i, n;

	(void)state;
	assert_non_null(http);
	for (row = 0; row < LENGTH(rows); row++) {
		ask(http, row);
		for (i = 0; i < GOOD_ONES; i++)
			ask(http, 1000 + i);
		for (n = 0; (event = http_wait(http, 1000, &reply, &err)) !=
		    HTTP_IDLE;) {
			if (event == HTTP_FAILED)
				fail_msg("row %zu: %s", row, err.text);
			if (event != HTTP_REPLY)
				continue;
			n += reply->outcome == HTTP_GOOD;
			if (reply->outcome != HTTP_GOOD) {
				assert_int_equal(reply->outcome, HTTP_SPENT);
				assert_int_equal(reply->attempts, TRIES);
				assert_true(reply->why[0] != '\0');
				assert_contains(reply->why, rows[row].why);
			}
			http_reply_free(http, reply);
		}
		if (n != GOOD_ONES)
			fail_msg("row %zu: %zu were good", row, n);
	}
	http_free(http);
	log_free(settings.log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_garbage_ends_no_run),
	};

	clock_skip_waits();
	unsetenv("http_proxy");
	return cmocka_run_group_tests_name("garbage", tests, start_server,
	    stop_server);
}
