# SPDX-License-Identifier: BSD-2-Clause
# engine/decode/: octets to text.
