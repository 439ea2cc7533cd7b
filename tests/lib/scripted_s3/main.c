/* scripted-s3: an S3 server for tests, healthy unless its scenario says otherwise (README.md).
 *
 * Prints "PORT n" and serves on 127.0.0.1 until SIGTERM, or until standard input closes
 * when that is a pipe, so that it never outlives the test that started it. A scenario with an error
 * ends it with status 2 before the port is printed.
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "exchange.h"

static void stop(struct server *server)
{
    if (uv_is_closing((uv_handle_t *)&server->listener))
        return;
    connections_close(server);
    uv_close((uv_handle_t *)&server->listener, NULL);
    uv_close((uv_handle_t *)&server->terminated, NULL);
    uv_close((uv_handle_t *)&server->input, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    stop(handle->data);
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        connection_accept(listener->data);
}

static void on_input_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct server *server = handle->data;
    *buf = uv_buf_init(server->ignored, sizeof server->ignored);
}

static void on_input(uv_stream_t *input, ssize_t got, const uv_buf_t *buf)
{
    if (got < 0)
        stop(input->data);
}

static void watch_input(struct server *server)
{
    uv_pipe_init(&server->loop, &server->input, 0);
    server->input.data = server;
    if (uv_guess_handle(STDIN_FILENO) == UV_NAMED_PIPE &&
        uv_pipe_open(&server->input, STDIN_FILENO) == 0)
        uv_read_start((uv_stream_t *)&server->input, on_input_alloc, on_input);
}

static int listen_on(struct server *server, int port)
{
    struct sockaddr_in address;
    int len = sizeof address, status;
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_init(&server->loop, &server->listener);
    server->listener.data = server;
    if ((status = uv_tcp_bind(&server->listener, (struct sockaddr *)&address, 0)) == 0)
        status = uv_listen((uv_stream_t *)&server->listener, 128, on_connection);
    if (status == 0)
        status = uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &len);
    if (status == 0) {
        printf("PORT %d\n", ntohs(address.sin_port));
        fflush(stdout);
    }
    return status;
}

static enum acc_code load(const char *path, struct scenario **scenario, struct acc_error *err)
{
    struct acc_str text = {0};
    enum acc_code code = path ? acc_file_read(path, 1 << 20, &text, err) : ACC_OK;
    if (code == ACC_OK)
        code = scenario_parse(path ? path : "", acc_str_cstr(&text), scenario, err);
    acc_str_release(&text);
    return code;
}

struct arguments {
    const char *scenario, *log;
    int port;
};

static bool parse_arguments(int argc, char **argv, struct arguments *args)
{
    static const struct option options[] = {{"scenario", required_argument, NULL, 's'},
                                            {"log", required_argument, NULL, 'l'},
                                            {"port", required_argument, NULL, 'p'},
                                            {0}};
    long long port = 0;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 's')
            args->scenario = optarg;
        else if (option == 'l')
            args->log = optarg;
        else if (option != 'p' || !acc_parse_int(optarg, 0, 65535, &port))
            return false;
    }
    args->port = (int)port;
    return optind == argc;
}

static int serve(struct server *server, int port)
{
    uv_loop_init(&server->loop);
    acc_list_init(&server->connections);
    store_init(&server->store);
    server->started = acc_clock_now();
    uv_signal_init(&server->loop, &server->terminated);
    server->terminated.data = server;
    uv_signal_start(&server->terminated, on_signal, SIGTERM);
    watch_input(server);
    int status = listen_on(server, port);
    if (status != 0) {
        fprintf(stderr, "scripted-s3: cannot listen on 127.0.0.1:%d: %s\n", port,
                uv_strerror(status));
        stop(server);
    }
    uv_run(&server->loop, UV_RUN_DEFAULT);
    uv_loop_close(&server->loop);
    store_release(&server->store);
    return status == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct arguments args = {0};
    struct server server = {0};
    struct acc_error err;
    if (!parse_arguments(argc, argv, &args)) {
        fprintf(stderr, "usage: scripted-s3 [--scenario FILE] [--log FILE] [--port N]\n");
        return 2;
    }
    if (load(args.scenario, &server.scenario, &err) != ACC_OK) {
        fprintf(stderr, "scripted-s3: %s\n", err.message);
        return 2;
    }
    if (args.log != NULL && (server.log = fopen(args.log, "we")) == NULL) {
        perror(args.log);
        scenario_free(server.scenario);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int status = serve(&server, args.port);
    if (server.log != NULL)
        fclose(server.log);
    scenario_free(server.scenario);
    return status;
}
