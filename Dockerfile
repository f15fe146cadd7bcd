# The image of one node. Debian 13 for its glibc, which the native WebSocket library needs for Node 24.
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json LICENSE ./
COPY config/tools/build.mjs config/tools/build-client.mjs config/tools/build-node.mjs config/tools/build-page.mjs config/tools/schema-types.d.ts config/tools/
# The page lets a bot answer, the one of the examples.
COPY config/examples/bot config/examples/bot
COPY src src
# Whatever the umask of the checkout was, the files must be readable to a user who does not own them.
RUN node config/tools/build.mjs && chmod -R a+rX dist package.json

# What runs: production dependencies, of the native library only the binary for this platform.
FROM node:24-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY config/container config/container
RUN node config/container/prune.mjs node_modules && chmod a+r config/container/health.mjs

FROM node:24-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
# Owned by root: the process cannot change its own code.
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/package.json ./
COPY --from=dependencies /app/config/container/health.mjs ./
# By number (`node` of the base image), so that an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
# Alive, not ready: restarting a node does not bring Redis back. It is asked on the operator port, which is there before Redis answers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "health.mjs", "/healthz"]
ENTRYPOINT ["node", "dist/main.js"]
