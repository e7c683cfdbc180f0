# SPDX-License-Identifier: BSD-2-Clause
# tests/corpus/: messages of our own wording to measure rules with (README.md)
EXTRA_DIST += tests/corpus/README.md tests/corpus/check.mjs tests/corpus/senders.mjs \
	tests/corpus/services.tsv tests/corpus/a2p.tsv tests/corpus/twins.tsv \
	tests/corpus/shapes.tsv
