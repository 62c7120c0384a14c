# One image for web, live, worker, beat and migrations. Runs as an ordinary user and writes only to /tmp and to the users' files.
FROM python:3.11-slim AS build
WORKDIR /app
ENV UV_PROJECT_ENVIRONMENT=/opt/portsec UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir "uv>=0.9,<1"
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home portsec && install -d -o portsec -m 700 /var/lib/portsec/files
WORKDIR /app
ENV PATH=/opt/portsec/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=portsec.settings
COPY --from=build /opt/portsec /opt/portsec
COPY manage.py ./
COPY portsec ./portsec
COPY ports ./ports
COPY incidents ./incidents
COPY templates ./templates
COPY static ./static
USER portsec
EXPOSE 8000
CMD ["uvicorn", "portsec.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--loop", "uvloop", "--ws-per-message-deflate", "false"]
