# SPDX-License-Identifier: BSD-2-Clause
# abi/: what a plugin and its host agree on; headers only.
EXTRA_DIST += %D%/pluginbox.h %D%/fanzhabox_host.h
