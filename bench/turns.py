"""What the Python contenders of `npm run bench:training` share: the task that they read, and the turns that they are given.

task.ts says what the files hold, contender.ts what is asked and answered.
"""

import json
import math
import sys
import time
from pathlib import Path

import numpy as np


class Task:
    def __init__(self, folder):
        folder = Path(folder)
        task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
        settings = task["settings"]
        self.network = settings["network"]
        self.learning_rate = settings["learningRate"]
        self.weight_decay = settings["weightDecay"]
        self.penalized = [i for i, weights in enumerate(task["weights"]) if weights["penalized"]]

        shapes = [weights["shape"] for weights in task["weights"]]
        ends = np.cumsum([math.prod(shape) for shape in shapes])
        numbers = np.split(np.fromfile(folder / "weights.f32", "<f4"), ends[:-1])
        self.weights = [part.reshape(shape) for part, shape in zip(numbers, shapes)]

        batch, size = settings["batchSize"], task["imageSize"]
        self.images = np.fromfile(folder / "images.f32", "<f4").reshape(-1, batch, size, size, 3)
        self.labels = np.fromfile(folder / "labels.i32", "<i4").reshape(-1, batch)


def serve(task, versions, rewind, step, weights):
    """Answers until the input ends.

    rewind() goes back to the initial weights; step(images, labels) trains on NumPy arrays [b, s, s, 3] and [b] and returns the mean loss before
    it as a Python number; weights() returns NumPy arrays.
    """
    position = 0

    def next_step():
        nonlocal position
        i = position % len(task.images)
        position += 1
        return step(task.images[i], task.labels[i])

    def start_again():
        nonlocal position
        position = 0
        rewind()

    def check(steps):
        start_again()
        losses = [next_step() for _ in range(steps)]
        squares = sum(float(np.square(w, dtype=np.float64).sum()) for w in weights())
        return {"losses": losses, "weightNorm": math.sqrt(squares)}

    def turn(warm_up, wanted):
        start_again()
        for _ in range(warm_up):
            next_step()
        cpu, start = time.process_time(), time.perf_counter()
        steps, seconds = 0, 0.0
        while seconds < wanted:
            next_step()
            steps += 1
            seconds = time.perf_counter() - start
        return {"steps": steps, "seconds": seconds, "cpuSeconds": time.process_time() - cpu}

    say({"versions": versions})
    for line in sys.stdin:
        question = json.loads(line)
        if question["ask"] == "check":
            say(check(question["steps"]))
        else:
            say(turn(question["warmUp"], question["seconds"]))


def say(answer):
    print(json.dumps(answer), flush=True)
