/* SPDX-License-Identifier: BSD-2-Clause
 *
 * box_classic.c - a plugin as a third party would write it: classic ABI only
 *
 * It knows nothing of fanzhabox, leans on gwlib as such plugins do, and calls
 * back for every message of every type. args: words, of which it obeys
 *     tag=X    appends X to the text of each sms
 *     trace=F  appends a line "type direction" to F for each message
 *     mo, mt   asks for that direction only
 *     fail     its init fails
 * A text that begins with "classic:reject" or "classic:drop" is.
 */
#include "config.h"

#include "abi/pluginbox.h"

#include <stdio.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

typedef struct Classic {
    Octstr *tag, *trace;
    Dict *seen; /* by type, a Counter */
    Mutex *lock;
} Classic;

static void destroy_counter(void *counter)
{
    counter_destroy(counter);
}

static void note(Classic *c, const PluginBoxMsg *m)
{
    Octstr *type = octstr_format("%ld", (long)msg_type(m->msg));
    Counter *counter;
    FILE *file;

    mutex_lock(c->lock);
    counter = dict_get(c->seen, type);
    if (counter == NULL) {
        counter = counter_create();
        dict_put(c->seen, type, counter);
    }
    counter_increase(counter);
    file = c->trace == NULL ? NULL : fopen(octstr_get_cstr(c->trace), "a");
    if (file != NULL) {
        fprintf(file, "%s %ld\n", octstr_get_cstr(type), m->type);
        fclose(file);
    }
    mutex_unlock(c->lock);
    octstr_destroy(type);
}

static void process(PluginBoxPlugin *p, PluginBoxMsg *m)
{
    Classic *c = p->context;

    note(c, m);
    if (msg_type(m->msg) == sms) {
        Octstr *text = m->msg->sms.msgdata;

        if (text != NULL &&
            octstr_search(text, octstr_imm("classic:reject"), 0) == 0)
            m->status = PLUGINBOX_MESSAGE_REJECT;
        else if (text != NULL &&
                 octstr_search(text, octstr_imm("classic:drop"), 0) == 0)
            m->status = PLUGINBOX_MESSAGE_DROP;
        else if (text != NULL && c->tag != NULL)
            octstr_append(text, c->tag);
    }
    m->callback(m);
}

static void stop(PluginBoxPlugin *p)
{
    Classic *c = p->context;

    if (c == NULL)
        return;
    dict_destroy(c->seen);
    mutex_destroy(c->lock);
    octstr_destroy(c->tag);
    octstr_destroy(c->trace);
    gw_free(c);
    p->context = NULL;
}

__attribute__((visibility("default"))) int box_classic_init(PluginBoxPlugin *p);

int box_classic_init(PluginBoxPlugin *p)
{
    List *words =
        octstr_split_words(p->args == NULL ? octstr_imm("") : p->args);
    int failed = 0;
    Octstr *word;
    Classic *c;

    p->context = NULL;
    c = gw_malloc(sizeof *c);
    c->tag = c->trace = NULL;
    c->seen = dict_create(8, destroy_counter);
    c->lock = mutex_create();
    p->context = c;
    p->direction =
        PLUGINBOX_MESSAGE_FROM_SMSBOX | PLUGINBOX_MESSAGE_FROM_BEARERBOX;
    while ((word = gwlist_extract_first(words)) != NULL) {
        if (octstr_search(word, octstr_imm("tag="), 0) == 0)
            c->tag = octstr_copy(word, 4, octstr_len(word));
        else if (octstr_search(word, octstr_imm("trace="), 0) == 0)
            c->trace = octstr_copy(word, 6, octstr_len(word));
        else if (octstr_str_compare(word, "mo") == 0)
            p->direction = PLUGINBOX_MESSAGE_FROM_BEARERBOX;
        else if (octstr_str_compare(word, "mt") == 0)
            p->direction = PLUGINBOX_MESSAGE_FROM_SMSBOX;
        else if (octstr_str_compare(word, "fail") == 0)
            failed = 1;
        octstr_destroy(word);
    }
    gwlist_destroy(words, NULL);
    p->process = process;
    p->shutdown = stop;
    return !failed;
}
