"""What Prometheus reads at /metrics: counted from rows at each request, by whichever process is asked."""
