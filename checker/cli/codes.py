"""The exit codes, as every command's help shows them."""

EXIT_CODES = """\b
Exit codes:
  0    all as asked: the space was exhausted, properties were checked,
       and every action fired (or is declared idle)
  1    gate: a claim came out otherwise than its spec says;
       lint: there are remarks; trace check: it is no behaviour
  2    usage: an unknown name, a wrong value, an output that cannot be written
  3    incomplete: a limit ended the search, or it shows less than was asked
  11   deadlock
  12   a safety property is violated
  13   a liveness property is violated, and no safety property
  130  interrupted
  150  error in a model or a spec
  255  error in the checker itself
"""
