# Three stages whose steps are the Makefile's: build, check (the gate), run.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make git python3 sudo && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/mahalle
COPY Makefile pyproject.toml requirements.lock README.md LICENSE NOTICE ./
COPY app app
COPY survey survey
COPY geo geo
COPY models models
RUN make install && rm -rf /var/lib/apt/lists/*

FROM build AS check
COPY . .
RUN make check

FROM build AS run
RUN install -d -o mahalle -g mahalle /var/lib/mahalle /run/mahalle
ENV PATH=/opt/mahalle/.venv/bin:$PATH MAHALLE_HOME=/var/lib/mahalle MAHALLE_SOCKETS=/run/mahalle
USER mahalle
VOLUME /var/lib/mahalle
ENTRYPOINT ["mahalle"]
CMD ["doctor"]
