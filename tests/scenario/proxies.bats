# Not only our own limiter: nginx and haproxy before the fixture, as they come
# with Debian, with limits of theirs, and restarted in mid-run.  The export
# ends complete, and is the one that was taken without them.

bats_require_minimum_version 1.5.0
load helper

needs()
{
	local program
	[ -z "${SANITIZE:-}" ] || skip "once is enough: see the plain build"
	PATH=$PATH:/usr/sbin:/sbin
	for program; do
		command -v "$program" >/dev/null || skip "no $program"
	done
}

free_port()
{
	python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# The workspace, and an export of it without a proxy.
# start_behind [MS]: each answer takes so long.
start_behind()
{
	start_fixture --workspace bulk --files 10 --versions 1 --logs 400 \
	    --log-bytes 500 --latency "${1:-10}"
	hlexport --logs -q -o direct
	n=$(asked_count)
	forget_asked
	port=$(free_port)
	# These servers count in real time.
	unset HLEXPORT_SKIP_WAITS
	export HUMANLOOP_API_URL=http://127.0.0.1:$port/v5
}

# A certificate of our own, and https from now on.
use_tls()
{
	needs openssl
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1 \
	    -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	cat cert.pem key.pem >both.pem
	export HUMANLOOP_API_URL=https://127.0.0.1:$port/v5
	export HLEXPORT_CA_FILE=$PWD/cert.pem
}

is_open()
{
	(: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

# start_nginx DIRECTIVES [LISTEN]: what limits, and how it listens.
start_nginx()
{
	cat >nginx.conf <<-CONF
	daemon off;
	pid $PWD/nginx.pid;
	worker_processes 1;
	$([ "$(id -u)" != 0 ] || echo 'user root;')
	events { worker_connections 256; }
	http {
		log_format short '\$status \$server_protocol';
		access_log $PWD/access.log short;
		client_body_temp_path $PWD/temp-1;
		proxy_temp_path $PWD/temp-2;
		fastcgi_temp_path $PWD/temp-3;
		uwsgi_temp_path $PWD/temp-4;
		scgi_temp_path $PWD/temp-5;
		limit_req_zone \$server_port zone=rate:1m rate=60r/s;
		limit_conn_zone \$server_port zone=wide:1m;
		upstream fixture { server ${base#http://}; keepalive 16; }
		server {
			listen 127.0.0.1:$port ${2:-};
			ssl_certificate $PWD/cert.pem;
			ssl_certificate_key $PWD/key.pem;
			location / {
				$1
				proxy_pass http://fixture;
				proxy_http_version 1.1;
				proxy_set_header Connection "";
			}
		}
	}
	CONF
	[ -f cert.pem ] || sed -i /ssl_certificate/d nginx.conf
	run_proxy nginx -e "$PWD/nginx.error" -c "$PWD/nginx.conf"
}

# start_haproxy RULES [BIND]
start_haproxy()
{
	cat >haproxy.conf <<-CONF
	global
		log stdout format raw local0
	defaults
		mode http
		log global
		timeout connect 5s
		timeout client 30s
		timeout server 30s
	frontend it
		log-format "%ST %HV"
		bind 127.0.0.1:$port ${2:-}
		$1
		default_backend fixture
	backend fixture
		server one ${base#http://}
	CONF
	run_proxy haproxy -db -f haproxy.conf
}

run_proxy()
{
	"$@" >>proxy.log 2>>proxy.error 3>&- 7>&- &
	proxy_pid=$!
	wait_until is_open
}

stop_proxy()
{
	[ -n "${proxy_pid:-}" ] || return 0
	kill "$proxy_pid" 2>/dev/null || true
	wait "$proxy_pid" 2>/dev/null || true
	proxy_pid=
}

teardown()
{
	stop_proxy
	stop_fixture
}

# export_complete SECONDS: it is, within these (a 503 that comes four times is
# waited for up to 9 s), and the one from without.
export_complete()
{
	local began=$SECONDS
	run hlexport --logs -o behind
	assert_status 0
	[ $((SECONDS - began)) -le "$1" ]
	same_as_direct
}

# Only the server's address differs, and what is computed over it.
same_as_direct()
{
	local side
	diff -r --exclude export.log --exclude 'manifest*' \
	    --exclude SHA256SUMS direct/* behind/*
	for side in direct behind; do
		sed -E 's|"server":"[^"]*"||; s|("seal".*)"sha256":.*|\1|' \
		    $side/*/manifest.jsonl >$side.manifest
		grep -v manifest $side/*/SHA256SUMS >$side.sums
	done
	diff direct.manifest behind.manifest
	diff direct.sums behind.sums
	hlexport verify -q behind/*
}

# answers LOG STATUS [PROTOCOL]: how often it was given.
answers()
{
	grep -c "^$2 ${3:-}" "$1" || true
}

@test "nginx limit_req, HTTP/1.1: refused with 503" {
	needs nginx
	start_behind
	start_nginx "limit_req zone=rate burst=5 nodelay;"
	export_complete 20
	[ "$(answers access.log 503 HTTP/1.1)" -gt 0 ]
}

@test "nginx limit_req, HTTP/2 with TLS: refused with 429" {
	needs nginx
	start_behind
	use_tls
	start_nginx "limit_req zone=rate burst=5 nodelay;
	    limit_req_status 429;" "ssl http2"
	export_complete 20
	[ "$(answers access.log 429 HTTP/2.0)" -gt 0 ]
	# All that was served, was so once.
	assert_equal "$(answers access.log 200)" "$n"
}

@test "nginx limit_conn, HTTP/1.1: refused with 503 and with 429" {
	needs nginx
	start_behind
	start_nginx "limit_conn wide 4;"
	export_complete 20
	[ "$(answers access.log 503 HTTP/1.1)" -gt 0 ]
	stop_proxy
	rm -rf behind access.log
	start_nginx "limit_conn wide 4; limit_conn_status 429;"
	export_complete 20
	[ "$(answers access.log 429 HTTP/1.1)" -gt 0 ]
}

@test "nginx limit_conn, HTTP/2 with TLS: each stream counts" {
	needs nginx
	start_behind
	use_tls
	start_nginx "limit_conn wide 3;" "ssl http2"
	export_complete 20
	[ "$(answers access.log 503 HTTP/2.0)" -gt 0 ]
}

@test "haproxy, a stick table of requests a second: 429" {
	needs haproxy
	local protocol
	start_behind
	for protocol in HTTP/1.1 HTTP/2.0; do
		rm -rf behind
		[ $protocol = HTTP/1.1 ] || use_tls
		start_haproxy "stick-table type ip size 10 expire 10s store http_req_rate(1s)
		http-request track-sc0 src
		http-request deny deny_status 429 if { sc_http_req_rate(0) gt 80 }" \
		    "$([ $protocol = HTTP/1.1 ] || echo "ssl crt both.pem alpn h2,http/1.1")"
		export_complete 20
		[ "$(answers proxy.log 429 $protocol)" -gt 0 ]
		stop_proxy
	done
}

# restart_in_mid_run START...: when a third is had, it goes, and comes again.
restart_in_mid_run()
{
	# On a slow machine it is away for long, and refuses more.
	hlexport --logs -q --retries 10 -o behind &
	local pid=$!
	has_third()
	{
		[ "$(asked_count)" -gt $((n / 3)) ]
	}
	wait_until has_third
	stop_proxy
	[ "$(asked_count)" -lt "$n" ]
	sleep 0.5
	"$@"
	wait $pid
	same_as_direct
}

@test "nginx is restarted in mid-run, HTTP/1.1 and HTTP/2 with TLS" {
	needs nginx
	start_behind 100
	start_nginx "limit_req zone=rate burst=5 nodelay;"
	restart_in_mid_run start_nginx "limit_req zone=rate burst=5 nodelay;"
	stop_proxy
	rm -rf behind
	forget_asked
	use_tls
	start_nginx "" "ssl http2"
	start_slow()
	{
		start_nginx "limit_conn wide 8;" "ssl http2"
	}
	restart_in_mid_run start_slow
}

@test "haproxy is restarted in mid-run, HTTP/1.1 and HTTP/2 with TLS" {
	needs haproxy
	start_behind 100
	start_haproxy ""
	restart_in_mid_run start_haproxy ""
	stop_proxy
	rm -rf behind
	forget_asked
	use_tls
	start_haproxy "" "ssl crt both.pem alpn h2,http/1.1"
	restart_in_mid_run start_haproxy "" \
	    "ssl crt both.pem alpn h2,http/1.1"
}
