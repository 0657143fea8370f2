def ring_all_reduce(bufs, send):
    p, n = len(bufs), bufs[0].numel()
    size = -(-n // p)
    tables = []
    for buf in bufs:
        table = buf.new_zeros(p, size)
        table.view(-1)[:n] = buf
        tables.append(table)
    for s in range(2 * p - 2):
        outgoing = [tables[r][(r - s) % p].clone() for r in range(p)]
        for r, got in enumerate(send(outgoing)):
            row = (r - s - 1) % p
            if s < p - 1:
                tables[r][row] += got
            else:
                tables[r][row] = got
    return [table.flatten()[:n].clone() for table in tables]
