# Patina: the targets people use. `make help` lists them.
#
# Every target that a user may call carries a description after "##"; help is made from them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help

GO ?= go

help: ## list the targets
	@awk -F':.*## ' '/^[a-zA-Z0-9_-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps run test bench

deps: ## install the Debian packages that building and testing need, where they are missing
	@.ci/deps

run: deps lib ## build, then watch unmodified nginx and curl speak TLS through build/libssl.so.3
	@$(GO) run -trimpath ./nginx-test/demo

test: deps ## every suite: the engine, the semantics, the membrane, both libraries side by side, nginx
	@GO=$(GO) .ci/test

bench: deps lib ## our library beside the system's, and nginx on both (QUICK=1: a short look)
	@$(GO) run -trimpath ./bench $(if $(QUICK),-quick)
