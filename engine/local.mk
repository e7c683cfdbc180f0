# SPDX-License-Identifier: BSD-2-Clause
# engine/: a message in, a verdict out. In the order in which it meets them.
include engine/message/local.mk
include engine/decode/local.mk
include engine/text/local.mk
include engine/signal/local.mk
include engine/url/local.mk
include engine/list/local.mk
include engine/sender/local.mk
include engine/rules/local.mk
include engine/verdict/local.mk
