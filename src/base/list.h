/* An intrusive doubly linked list: a link inside each element, recovered with ACC_CONTAINER_OF.
 *
 * A list head is a link that points at itself when the list is empty. An element is in at most one
 * list per link; removing one that is in none (zeroed, or removed before) does nothing.
 */
#ifndef ACC_BASE_LIST_H
#define ACC_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct acc_link {
    struct acc_link *next;
    struct acc_link *prev;
};

static inline void acc_list_init(struct acc_link *head)
{
    head->next = head->prev = head;
}

static inline bool acc_list_empty(const struct acc_link *head)
{
    return head->next == head;
}

static inline bool acc_link_in_list(const struct acc_link *link)
{
    return link->next != NULL;
}

static inline void acc_list_push(struct acc_link *head, struct acc_link *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

static inline void acc_list_push_front(struct acc_link *head, struct acc_link *link)
{
    acc_list_push(head->next, link);
}

static inline void acc_list_remove(struct acc_link *link)
{
    if (link->next == NULL)
        return;
    link->next->prev = link->prev;
    link->prev->next = link->next;
    link->next = link->prev = NULL;
}

/* Removes and returns the first link, or NULL when the list is empty. */
static inline struct acc_link *acc_list_pop(struct acc_link *head)
{
    struct acc_link *first = head->next;
    if (first == head)
        return NULL;
    acc_list_remove(first);
    return first;
}

/* Walks the links; `link` must not be removed inside the loop. */
#define ACC_LIST_EACH(link, head)                                                                  \
    for (struct acc_link *link = (head)->next; link != (head); link = link->next)

#endif
