/* SPDX-License-Identifier: BSD-2-Clause
 *
 * box_foreign.c - a plugin that behaves badly: classic ABI only
 *
 * args: words, of which it obeys
 *     crash, abort, overflow, exit, hang, fail   what its init does
 *     corrupt     so does it, when the allocator finds its heap damaged and has
 *                 its lock
 *     signals     a timer of two seconds with a handler, SIGCHLD ignored,
 *                 SIGWINCH blocked, SIGALRM sent while blocked
 *     asleep=F    its init waits until F is gone
 *     helper=F    its init starts a process, and writes the number to F
 *     once=F      its init fails when F is gone, and removes it
 *     mt, mo      asks for that direction only
 *     acks        keeps acknowledgements for good
 *     trace=F     appends "process" to F for each sms, when it begins
 * The text of an sms says what its process does:
 *     foreign:until FILE   comes back when FILE is gone
 *     foreign:keep         does not call back, until
 *     foreign:release      calls back for all that were kept, and for this
 */
#include "config.h"

#include "abi/pluginbox.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define KEPT_MAX 1000

static PluginBoxMsg *kept[KEPT_MAX];
static size_t kept_count;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static bool keeps_acks;
static char trace_path[1024];

static void note(void)
{
    FILE *file = trace_path[0] == '\0' ? NULL : fopen(trace_path, "a");

    if (file == NULL)
        return;
    fprintf(file, "process\n");
    fclose(file);
}

static void keep(PluginBoxMsg *m)
{
    pthread_mutex_lock(&kept_lock);
    kept[kept_count++] = m;
    pthread_mutex_unlock(&kept_lock);
}

static void release(void)
{
    pthread_mutex_lock(&kept_lock);
    while (kept_count > 0) {
        PluginBoxMsg *m = kept[--kept_count];

        m->status = PLUGINBOX_MESSAGE_DROP;
        m->callback(m);
    }
    pthread_mutex_unlock(&kept_lock);
}

static void process(PluginBoxPlugin *p, PluginBoxMsg *m)
{
    const char *text = "";
    char file[512];

    (void)p;
    if (msg_type(m->msg) == ack && keeps_acks)
        return;
    if (msg_type(m->msg) == sms) {
        note();
        if (m->msg->sms.msgdata != NULL)
            text = octstr_get_cstr(m->msg->sms.msgdata);
    }
    if (strncmp(text, "foreign:keep", 12) == 0) {
        keep(m);
        return;
    }
    if (strncmp(text, "foreign:release", 15) == 0)
        release();
    if (sscanf(text, "foreign:until %511s", file) == 1)
        while (access(file, F_OK) == 0)
            usleep(10000);
    m->callback(m);
}

static Octstr *status(PluginBoxPlugin *p, List *cgivars, int status_type)
{
    (void)p;
    return octstr_format("form %ld of <foreign> & co, %ld arguments",
                         (long)status_type, gwlist_len(cgivars));
}

__attribute__((no_sanitize("undefined", "address"))) static int
overflow(volatile int depth)
{
    volatile char much[4096];

    much[0] = (char)depth;
    if (depth < 0)
        return 0;
    return overflow(depth + 1) + much[0];
}

static void *nothing(void *arg)
{
    for (;;)
        sleep(60);
    return arg;
}

/* With a second thread the allocator takes its locks; it ends the process when
 * it finds that what is left of the heap is more than there ever was. */
__attribute__((no_sanitize("undefined", "address"))) static void corrupt(void)
{
    const size_t octets = 100000;
    pthread_t thread;
    char *block;

    if (pthread_create(&thread, NULL, nothing, NULL) != 0)
        return;
    block = (malloc)(octets); /* not gwlib's */
    memset(block + malloc_usable_size(block), 0xF8, sizeof(size_t));
    for (int i = 0; i < 2; i++) {
        char *volatile another = (malloc)(octets);

        another[0] = 0;
    }
}

static void help(const char *path)
{
    pid_t pid = fork();
    FILE *file;

    if (pid == 0) {
        execl("/bin/sleep", "sleep", "60", (char *)NULL);
        _exit(1);
    }
    file = fopen(path, "w");
    if (file == NULL)
        return;
    fprintf(file, "%d\n", (int)pid);
    fclose(file);
}

static void heard(int number)
{
    (void)number;
}

static void arm(void)
{
    static const struct itimerval every = {{2, 0}, {2, 0}};
    sigset_t set;

    signal(SIGALRM, heard);
    signal(SIGCHLD, SIG_IGN);
    setitimer(ITIMER_REAL, &every, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGALRM); /* waits: nobody takes it */
}

__attribute__((no_sanitize("undefined", "address"))) static void
misbehave(const char *how)
{
    if (strcmp(how, "crash") == 0)
        *(volatile int *)NULL = 1;
    else if (strcmp(how, "abort") == 0)
        abort();
    else if (strcmp(how, "overflow") == 0)
        overflow(0);
    else if (strcmp(how, "exit") == 0)
        exit(7);
    else if (strcmp(how, "corrupt") == 0)
        corrupt();
    else if (strcmp(how, "signals") == 0)
        arm();
    else if (strncmp(how, "helper=", 7) == 0)
        help(how + 7);
    else if (strncmp(how, "asleep=", 7) == 0)
        while (access(how + 7, F_OK) == 0)
            usleep(10000);
    else if (strcmp(how, "hang") == 0)
        for (;;)
            sleep(60);
}

__attribute__((visibility("default"))) int box_foreign_init(PluginBoxPlugin *p);

int box_foreign_init(PluginBoxPlugin *p)
{
    List *words =
        octstr_split_words(p->args == NULL ? octstr_imm("") : p->args);
    int fine = 1;
    Octstr *word;

    while ((word = gwlist_extract_first(words)) != NULL) {
        const char *text = octstr_get_cstr(word);

        misbehave(text);
        if (strcmp(text, "fail") == 0)
            fine = 0;
        else if (strncmp(text, "once=", 5) == 0)
            fine = remove(text + 5) == 0;
        else if (strcmp(text, "mt") == 0)
            p->direction = PLUGINBOX_MESSAGE_FROM_SMSBOX;
        else if (strcmp(text, "mo") == 0)
            p->direction = PLUGINBOX_MESSAGE_FROM_BEARERBOX;
        else if (strcmp(text, "acks") == 0)
            keeps_acks = true;
        else if (strncmp(text, "trace=", 6) == 0)
            snprintf(trace_path, sizeof trace_path, "%s", text + 6);
        octstr_destroy(word);
    }
    gwlist_destroy(words, NULL);
    p->process = process;
    p->status = status;
    return fine;
}
