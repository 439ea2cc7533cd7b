/* How to reach an S3 endpoint: what a user may say of it, in the words of the aws command line.
 *
 * All strings are borrowed until the call that takes the struct returns, and NULL means "not
 * given": then AWS_* variables, ~/.aws/config and ~/.aws/credentials decide, in the aws command
 * line's order.
 */
#ifndef ACCESSION_CONNECTION_H
#define ACCESSION_CONNECTION_H

struct acc_connection {
    const char *endpoint_url; /* --endpoint-url */
    const char *region;       /* --region */
    const char *profile;      /* --profile */
    const char *ca_bundle;    /* --ca-bundle: PEM file or folder */
    const char *client_cert;  /* --client-cert, PEM */
    const char *client_key;   /* --client-key, PEM */
    const char *addressing;   /* --addressing: "auto", "path" or "virtual" */
    const char *max_rate;     /* --max-rate: "20M", "20M@08:00-18:00"; NULL: no limit */
    int retries;              /* --retries: attempts after the first; -1: 8 */
    int connect_timeout_s;    /* --connect-timeout; 0: 10 */
    int read_timeout_s;  /* --read-timeout: seconds without a byte before a request fails; 0: 60 */
    int network_threads; /* --network-threads: that send and receive; 0: by the processors */
    const char *side; /* "source-" or "target-" if these options begin so, for messages; or NULL */
};

#endif
