"""What crosses between judge and sandbox, and how; nothing that arrives is trusted."""
