# The dashboard for a class in one container, nginx included: see docs/serving.md.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends nginx-light \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent lab

WORKDIR /lab
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY .streamlit .streamlit
COPY diffusion_core diffusion_core
COPY dashboard dashboard
COPY pages pages
COPY data data
COPY deploy deploy
COPY app.py README.md LICENSE CITATION.cff ./
RUN python -m compileall -q .

USER lab
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DIFFUSION_LAB_CACHE=/tmp/cache
EXPOSE 8501
HEALTHCHECK --start-period=180s --interval=15s --timeout=20s \
    CMD ["python", "-m", "deploy.health"]
CMD ["python", "-m", "deploy.serve"]
