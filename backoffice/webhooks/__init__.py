"""What providers call us for: stored first, worked on later.

signatures  who really called          providers  what each of them says, as plain values
receive     keep a call, at once       work       make of it what it means
bell        tell the workers           views      the address that is called, and pages about it
"""
