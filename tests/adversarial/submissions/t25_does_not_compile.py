# expect: invalid
# threat: 25 — is no Python at all: NUL, unbalanced brackets, a coding cookie that rot13s the rest
# -*- coding: rot13 -*-
qrs gbc_x_tngvat(: ((((((((((((
