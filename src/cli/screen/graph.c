/* A bar counts what was moved in two seconds. Bytes of a part that failed are taken back by the
 * run: such a bar shows less, never a negative amount. Nothing fails. */
#include "cli/screen/graph.h"

#define FEWEST_BARS 3 /* a run of some seconds needs no graph */
#define HEIGHTS 8

static int64_t *bar(struct acc_graph *graph, int64_t number)
{
    return &graph->moved[number % (ACC_GRAPH_BARS + 1)];
}

void acc_graph_note(struct acc_graph *graph, int64_t elapsed, int64_t bytes)
{
    int64_t now = elapsed / ACC_GRAPH_BAR_MS;
    if (!graph->begun)
        *graph = (struct acc_graph){.begun = true, .bytes = bytes, .newest = now};
    /* After a long pause every bar is empty: going once round the ring clears it. */
    if (now - graph->newest > ACC_GRAPH_BARS + 1)
        graph->newest = now - ACC_GRAPH_BARS - 1;
    while (graph->newest < now)
        *bar(graph, ++graph->newest) = 0;
    if (bytes > graph->bytes)
        *bar(graph, graph->newest) += bytes - graph->bytes;
    graph->bytes = bytes;
}

static int64_t full_bar(const struct acc_graph *graph, int64_t back)
{
    return graph->moved[(graph->newest - back) % (ACC_GRAPH_BARS + 1)];
}

int64_t acc_graph_bars(struct acc_str *out, const struct acc_graph *graph, unsigned cells,
                       const struct acc_glyphs *glyphs)
{
    int64_t highest = 0, count = graph->newest < ACC_GRAPH_BARS ? graph->newest : ACC_GRAPH_BARS;
    count = count < (int64_t)cells ? count : (int64_t)cells;
    for (int64_t back = 1; back <= count; back++)
        highest = full_bar(graph, back) > highest ? full_bar(graph, back) : highest;
    if (count < FEWEST_BARS || highest == 0 || glyphs->bars == NULL)
        return 0;
    for (int64_t back = count; back >= 1; back--) {
        /* Only a bar in which nothing moved is as low as the lowest. */
        double share = (double)full_bar(graph, back) / (double)highest;
        int height = share > 0 ? 1 + (int)(share * (HEIGHTS - 1.001)) : 0;
        acc_str_add(out, glyphs->bars[height]);
    }
    return (int64_t)((double)highest * 1000 / ACC_GRAPH_BAR_MS);
}
