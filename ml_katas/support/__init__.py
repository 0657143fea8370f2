"""What any program of this kind needs: files, TOML, a database, records. It knows no kata."""
