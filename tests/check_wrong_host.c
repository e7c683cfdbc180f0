/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_wrong_host.c - fanzha.so refuses a host that it does not fit
 *
 * This program is a host with our extension, of another ABI number, another
 * Kannel, or another layout of messages: the plugin must not load, and must say
 * why in one sentence.
 */
#include "config.h"

#include "base/buf.h"
#include "tests/support.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "abi/fanzhabox_host.h"

/* gwlib's msg_* come into a program that refers to them */
static void *const referred[] __attribute__((used)) = {
    (void *)msg_pack, (void *)msg_unpack_real, (void *)msg_duplicate,
    (void *)msg_dump, (void *)msg_destroy_item};

extern FzHost fanzhabox_host;
__attribute__((visibility("default"))) FzHost fanzhabox_host = {
    .abi = FZ_HOST_ABI,
    .octets = sizeof(FzHost),
    .msg_octets = sizeof(Msg),
    .kannel = FZ_KANNEL_VERSION,
    .version = "a test host",
};

static const struct {
    const char *name;
    uint32_t abi, msg_octets;
    const char *kannel, *says;
} hosts[] = {
    {"another extension", FZ_HOST_ABI + 1, sizeof(Msg), FZ_KANNEL_VERSION,
     "install both from one release"},
    {"another Kannel", FZ_HOST_ABI, sizeof(Msg), "1.5.0",
     "the host was built for Kannel 1.5.0"},
    {"another layout", FZ_HOST_ABI, sizeof(Msg) + 8, FZ_KANNEL_VERSION,
     "laid out differently"},
};

static int sentences(const char *text)
{
    int count = 0;

    for (; (text = strstr(text, "ERROR:")) != NULL; text++)
        count++;
    return count;
}

START_TEST(a_host_that_does_not_fit_is_refused_in_one_sentence)
{
    char path[1024], said[1024];
    PluginBoxPlugin plugin;
    FzBuf log = FZ_BUF_INIT;
    PluginBoxInit init;
    void *library;
    int before;

    fanzhabox_host.abi = hosts[_i].abi;
    fanzhabox_host.msg_octets = hosts[_i].msg_octets;
    fanzhabox_host.kannel = hosts[_i].kannel;
    gwlib_init();
    snprintf(path, sizeof path, "%s/plugin/.libs/fanzha.so",
             getenv("top_builddir"));
    library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    ck_assert_msg(library != NULL, "%s", dlerror());
    *(void **)&init = dlsym(library, "fanzha_init");
    ck_assert_ptr_nonnull(init);
    memset(&plugin, 0, sizeof plugin);

    snprintf(said, sizeof said, "%s/stderr", fz_test_folder());
    fflush(stderr);
    before = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(open(said, O_WRONLY | O_CREAT, 0600), STDERR_FILENO),
                     0);
    ck_assert_int_eq(init(&plugin), 0);
    fflush(stderr);
    dup2(before, STDERR_FILENO);

    ck_assert_ptr_null(plugin.context);
    ck_assert_int_eq(fz_buf_read_file(&log, said, 65536, NULL), FZ_OK);
    ck_assert_msg(strstr(fz_buf_text(&log), hosts[_i].says) != NULL, "%s: %s",
                  hosts[_i].name, fz_buf_text(&log));
    ck_assert_int_eq(sentences(fz_buf_text(&log)), 1);
    fz_buf_clear(&log);
    gwlib_shutdown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrong host");
    TCase *tc = tcase_create("refused");

    tcase_add_loop_test(tc, a_host_that_does_not_fit_is_refused_in_one_sentence,
                        0, COUNT(hosts));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
