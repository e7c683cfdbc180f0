/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/sender_kit.h"

FzUrlTables *tables;
FzSenders *senders;
FzTestSink diags;

const char brands[] =
    "# names worth stealing\n" BRANDS
    "haihe\tbank\t海河银行;河行\thaihebank.example;m.haihe.example\t海河银行"
    "\t95001\town\n"
    "wattle\tbank\tWattle Bank\twattlebank.example\t\tWattleBank\town\n"
    "police\tauthority\t云港警方\t\t云港警方\t96911\town\n"
    "warner\tauthority\t预警中心\t\t预警中心\t12389\tnone\n"
    "parcel\tparcel\t白鹭物流\tbailu56.example\t白鹭物流\t\town\n";

const char registry[] =
    REGISTRY "haihe-bank,bank,海河银行,95001;106900000101,haihebank.example,\n"
             "wattle-bank,bank,,WattleBank,wattlebank.example,2027-06-30\n"
             "old-bank,bank,旧港银行,106900000102,jiugang.example,2026-01-31\n"
             "warn-office,authority,预警中心,12389,,\n"
             "bailu,A2P,白鹭物流,106900000501,bailu56.example,\n"
             "\"shop, of all\",A2P,南瓜集市,106900000601,nangua.example,\n"
             "codes,code,石榴直播,106900000309,shiliu.example,\n"
             "phones,P2P,,,,\n"
             "transit,reseller,,,,\n"
             "bulk,reseller,,1069000090*,,\n";

FzSendersBuilder *builder_of(FzRuleState state)
{
    FzSendersConfig config = {.state = state, .urls = tables};

    fz_test_sink_init(&diags);
    return fz_senders_builder_create(&config, &diags.sink);
}

void load(const char *brand_file, const char *registry_file)
{
    FzSendersBuilder *builder = builder_of(FZ_RULE_ACTIVE);

    if (brand_file != NULL)
        ck_assert_msg(fz_senders_add_brands(builder, fz_slice_of(brand_file),
                                            "brands.tsv") == FZ_OK,
                      "%s", diags.diag[0].text);
    if (registry_file != NULL)
        ck_assert_msg(fz_senders_add_registry(builder,
                                              fz_slice_of(registry_file),
                                              "registry.csv") == FZ_OK,
                      "%s", diags.diag[0].text);
    ck_assert_int_eq(fz_senders_add_receivers(
                         builder, fz_slice_of("receiver\n+8613800000001\n"),
                         "careful.csv", "careful"),
                     FZ_OK);
    fz_senders_destroy(senders);
    senders = fz_senders_build(builder);
    fz_senders_builder_destroy(builder);
}
