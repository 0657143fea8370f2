class Job:
    def __init__(self, request):
        self.tokens = list(request["prompt"])
        self.start = len(self.tokens)
        self.end = self.start + request["max_tokens"]
        self.stop = tuple(request["stop"])

    def new(self):
        return self.tokens[self.start :]

    def over(self):
        if len(self.tokens) >= self.end:
            return True
        tail = tuple(self.new()[-len(self.stop) :])
        return self.stop != () and tail == self.stop


def serve(requests, model_next, max_batch):
    jobs = [Job(request) for request in requests]
    open_jobs = [job for job in jobs if not job.over()]
    while open_jobs:
        now = open_jobs[:max_batch]
        for job, token in zip(now, model_next([list(job.tokens) for job in now]), strict=True):
            job.tokens.append(token)
        open_jobs = [job for job in now if not job.over()] + open_jobs[max_batch:]
    return [job.new() for job in jobs]
