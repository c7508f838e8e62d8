# Patina: the targets people use. `make help` lists them.
#
# Every target that a user may call carries a description after "##"; help is made from them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help

GO ?= go

help: ## list the targets
	@awk -F':.*## ' '/^[a-zA-Z0-9_-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
