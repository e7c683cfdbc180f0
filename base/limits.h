/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits.h - every bound on what comes from outside, with its reason
 */
#ifndef FZ_BASE_LIMITS_H
#define FZ_BASE_LIMITS_H

/* --- a message ----------------------------------------------------------- */
/* 255 parts of 153 septets (3GPP TS 23.040 9.2.3.24.1): a text has at most
 * 39,015 code points, so an index fits 16 bits. What a box sends beyond is not
 * judged and flagged: bearerbox sends no more either. */
#define FZ_LIMIT_PARTS 255
#define FZ_LIMIT_PART_SEPTETS 153
#define FZ_LIMIT_TEXT_CHARS (FZ_LIMIT_PARTS * FZ_LIMIT_PART_SEPTETS)
#define FZ_LIMIT_TEXT_OCTETS (4 * FZ_LIMIT_TEXT_CHARS) /* UTF-8 */

/* A folded view may be longer than its text (U+FDFA folds to 18 code points):
 * room for the worst text that is made of such characters is not kept; the
 * view is cut and the text flagged instead. */
#define FZ_LIMIT_VIEW_OCTETS (2 * FZ_LIMIT_TEXT_OCTETS)

/* Signals of one verdict that are kept with their spans. */
#define FZ_LIMIT_SIGNALS 64
/* Names of lists and entries that one verdict tells of: what 16 links and 16
 * contacts, all listed, commonly need, several times over. */
#define FZ_LIMIT_SIGNAL_TEXT 8192
#define FZ_LIMIT_SIGNAL_TEXT_ONE 255 /* a longer entry is told cut */

/* Hits and steps of one scan (docs/rules.md "Work limits"). */
#define FZ_LIMIT_HITS(chars) (4096 + 2 * (chars))
#define FZ_LIMIT_STEPS(chars) (65536 + 64 * (chars))

/* --- links and contacts --------------------------------------------------- */
/* Of one message; beyond, the message is flagged. A text of one part holds some
 * 15 of the shortest links there are. */
#define FZ_LIMIT_URLS 16
#define FZ_LIMIT_CONTACTS 16
#define FZ_LIMIT_URL_OCTETS 2048 /* what browsers and lists agree on */
/* Five hosts by six paths (Safe Browsing, URLs and Hashing). */
#define FZ_LIMIT_URL_HOSTS 5
#define FZ_LIMIT_URL_PATHS 6
#define FZ_LIMIT_URL_EXPRESSIONS (FZ_LIMIT_URL_HOSTS * FZ_LIMIT_URL_PATHS)

/* --- rules --------------------------------------------------------------- */
#define FZ_LIMIT_RULES 100000
#define FZ_LIMIT_GAP_CHARS 100        /* a gap of Hyperscan's beyond explodes */
#define FZ_LIMIT_PATTERN_OCTETS 16000 /* libhs refuses more */
#define FZ_LIMIT_REGEX_RULES 500      /* budget of the regex database */
#define FZ_LIMIT_RULE_FILE_OCTETS (64u << 20) /* or of a table of rules */
#define FZ_LIMIT_TSV_COLUMNS 32               /* of such a table */
#define FZ_LIMIT_ID_OCTETS 64
/* A compiled database on its way from the process that made it: 200,000 words
 * are 60 MB. */
#define FZ_LIMIT_ANSWER_OCTETS (1u << 30)
/* One word as it stands in a view: its length is kept in one octet. */
#define FZ_LIMIT_RULE_WORD_OCTETS 240

/* --- reputation lists ---------------------------------------------------- */
#define FZ_LIMIT_LISTS 32          /* of one generation */
#define FZ_LIMIT_DNS_LISTS 8       /* likewise: each costs a thread */
#define FZ_LIMIT_DNS_CODES 64      /* answers that one of them knows */
#define FZ_LIMIT_DNS_SERVERS 8     /* that one is asked at */
#define FZ_LIMIT_DNS_KEYS 16       /* questions about one message */
#define FZ_LIMIT_DNS_NAME 253      /* octets, without the last dot */
#define FZ_LIMIT_DNS_OPEN 512      /* questions to one list at a time */
#define FZ_LIMIT_DNS_WAITING 1024  /* messages that wait for answers */
#define FZ_LIMIT_DNS_BEHIND 4096   /* messages that wait behind these */
#define FZ_LIMIT_LIST_SOURCES 1024 /* of one list file */
/* A meta word counts kinds in 20 bits; entries are counted in 32. */
#define FZ_LIMIT_LIST_KINDS (1u << 20)
#define FZ_LIMIT_LIST_ENTRIES 100000000u /* 1.2 GB of file */
#define FZ_LIMIT_KEY_OCTETS 2048 /* a link is cut there (docs/text.md) */
#define FZ_LIMIT_HOST_OCTETS 253 /* RFC 1035 2.3.4 without the last dot */
#define FZ_LIMIT_NOTE_OCTETS 200 /* of an entry's reference and note */
#define FZ_LIMIT_NAME_OCTETS 64  /* of a category or a source */
#define FZ_LIMIT_FEED_OCTETS (1u << 30)
#define FZ_LIMIT_FEED_RECORD_OCTETS (1u << 20) /* a line, a JSON object */
#define FZ_LIMIT_OVERLAY_ENTRIES 65536u
#define FZ_LIMIT_OVERLAY_RANGES 1024u /* tried one by one */
#define FZ_LIMIT_OVERLAY_LOG_OCTETS (64u << 20)

/* --- senders ---------------------------------------------------------------
 */
/* Tables of brands and of the registry, which people keep and a generation
 * copies: of one file, and rows of all of them. A country's registry of
 * signatures is some hundred thousand. */
#define FZ_LIMIT_SHEET_OCTETS (64u << 20)
#define FZ_LIMIT_SHEET_COLUMNS 24
#define FZ_LIMIT_SENDER_ROWS 1000000u

/* --- the box protocol ---------------------------------------------------- */
/* The largest frame that is read: 255 parts as UTF-8 with every other field
 * at its widest stays below. */
#define FZ_LIMIT_FRAME_OCTETS (1u << 20)

/* A box's own name, which is kept as long as it is connected. */
#define FZ_LIMIT_BOX_ID_OCTETS 255

/* What waits to be written to one peer before nothing more is read for it: a
 * peer that does not read costs this and one frame more, per connection. */
#define FZ_LIMIT_BOX_UNWRITTEN_OCTETS (1u << 20)

/* Messages of one box that bearerbox has not acknowledged: a box that sends
 * without waiting is read no further. */
#define FZ_LIMIT_BOX_FLYING 10000

/* Messages of one box and direction that wait in us: with a plugin that
 * answers later, behind such a one, or to be judged again. bearerbox itself
 * keeps at most smsbox-max-pending (100) unacknowledged MOs a box. */
#define FZ_LIMIT_BOX_WAITING 1000

/* Answers of one box that are held back so that it does not try again at full
 * speed. */
#define FZ_LIMIT_BOX_PACED 1000

/* What one fanzhabox leaves to the next at an upgrade: every box with a full
 * window and a megabyte unwritten each way would be 1 GB at some 400 boxes;
 * beyond, the upgrade is refused and not the machine's memory taken. */
#define FZ_LIMIT_HANDOVER_OCTETS (1u << 30)
#define FZ_LIMIT_HANDOVER_LINKS 65536u
#define FZ_LIMIT_HANDOVER_NAME_OCTETS 4096 /* a path */

/* --- control socket ------------------------------------------------------ */
#define FZ_LIMIT_CONTROL_LINE_OCTETS (64u << 10) /* one request */
#define FZ_LIMIT_CONTROL_CLIENTS 32
/* Of them, never given to who may only ask: a monitoring script gone wild does
 * not keep the administrator out. */
#define FZ_LIMIT_CONTROL_CLIENTS_ADMIN 4
/* One answer: a scrape of metrics is some 100 KB, a list of a page of rows a
 * few MB. */
#define FZ_LIMIT_CONTROL_ANSWER_OCTETS (16u << 20)
/* A client that neither asks nor reads for so long is let go. */
#define FZ_LIMIT_CONTROL_IDLE_MS 30000

/* --- the store ------------------------------------------------------------ */
/* One held message with its record: a frame, its text twice, the JSON. */
#define FZ_LIMIT_HELD_OCTETS (4u << 20)
/* What waits for a commit: at 2 KB a message some 30,000, more than a second of
 * any gateway; beyond, a stalled disk would eat the memory of the box. */
#define FZ_LIMIT_STORE_QUEUE_OCTETS (64u << 20)
/* One transaction: long enough to share the fsync, short enough that the first
 * of it does not wait long for the last. */
#define FZ_LIMIT_STORE_GROUP_RECORDS 512
#define FZ_LIMIT_STORE_GROUP_OCTETS (1u << 20)
/* Of one message's parts in one transaction: as many as there are, and the
 * refused ones. */
#define FZ_LIMIT_STORE_CHANGE_PARTS (2 * FZ_LIMIT_PARTS)
#define FZ_LIMIT_AUDIT_OCTETS (64u << 10) /* actor, act and detail together */

/* --- assembly ---------------------------------------------------------------
 */
/* What is kept in memory of parts that wait: 10,000 messages of four parts are
 * some 20 MB; beyond, one more part meets the policy for parts-overflow. */
#define FZ_LIMIT_ASSEMBLY_OCTETS (256u << 20)
/* Of them, of one message: what becomes of it is one commit, which may hold its
 * parts twice (a rewritten message kept as evidence, and what its parts need
 * for their reports), its text and its record. 255 parts of 4 KB each. */
#define FZ_LIMIT_ASSEMBLY_MESSAGE_OCTETS (FZ_LIMIT_HELD_OCTETS / 4)
/* What is kept in memory of parts that left and wait for a report, without
 * their texts: 100,000 of them are some 50 MB; beyond, the oldest are given
 * up. */
#define FZ_LIMIT_AWAITED_OCTETS (256u << 20)

/* --- what senders read --------------------------------------------------- */
#define FZ_LIMIT_REASON_CODE_OCTETS 3 /* `err:` of a delivery report */
#define FZ_LIMIT_REFERENCE_OCTETS 20  /* `text:` of a delivery report */

#endif
