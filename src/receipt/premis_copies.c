/* What the PREMIS of a replication has besides: names of the objects that were copied, and the
 * storage at both ends as agents. Objects at the source go by their canonical URL; two buckets
 * may have one name. Nothing fails; the stream remembers. */
#include "receipt/premis.h"

#include <string.h>

/* The server of a canonical place: "https://s3.example.org", or "aws:eu-central-1". */
static size_t server_length(const char *canonical)
{
    const char *host = strstr(canonical, "://");
    host = host != NULL ? host + strlen("://") : canonical;
    return (size_t)(host - canonical) + strcspn(host, "/");
}

void acc_premisxml_source_uri(struct acc_premis *premis, const char *path, struct acc_str *uri)
{
    const char *source = premis->receipt->run.source;
    size_t server = server_length(source);
    acc_str_clear(uri);
    acc_str_add_n(uri, source, server);
    acc_premisxml_percent_encode(uri, source + server);
    acc_premisxml_percent_encode(uri, path);
}

/* The source's first; one agent if both are the same. */
static unsigned servers(const struct acc_premis *premis, struct acc_str names[2])
{
    const struct acc_run_info *run = &premis->receipt->run;
    acc_str_add_n(&names[0], run->source, server_length(run->source));
    acc_str_add_n(&names[1], run->destination, server_length(run->destination));
    return strcmp(acc_str_cstr(&names[0]), acc_str_cstr(&names[1])) == 0 ? 1 : 2;
}

static void release(struct acc_str names[2])
{
    acc_str_release(&names[0]);
    acc_str_release(&names[1]);
}

void acc_premisxml_storage_agents(struct acc_premis *premis)
{
    struct acc_str names[2] = {{0}};
    unsigned count = servers(premis, names);
    for (unsigned i = 0; i < count; i++) {
        acc_premisxml_begin(premis, "agent");
        acc_premisxml_identifier(premis, "agentIdentifier", "storage", acc_str_cstr(&names[i]));
        acc_premisxml_element(premis, "agentName", acc_str_cstr(&names[i]));
        acc_premisxml_element(premis, "agentType", "software");
        acc_premisxml_end(premis);
    }
    release(names);
}

void acc_premisxml_storage_links(struct acc_premis *premis)
{
    static const char *const roles[] = {"source storage", "target storage"};
    struct acc_str names[2] = {{0}};
    servers(premis, names);
    for (unsigned i = 0; i < 2; i++) {
        acc_premisxml_begin_identifier(premis, "linkingAgentIdentifier", "storage",
                                       acc_str_cstr(&names[i]));
        acc_premisxml_element(premis, "linkingAgentRole", roles[i]);
        acc_premisxml_end(premis);
    }
    release(names);
}
