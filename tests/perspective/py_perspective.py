"""PyPerspective, whose address is a constant of its module."""
import sys

import PyPerspective.Perspective as module

module.base_url = f"{sys.argv[1]}/v1alpha1/comments:analyze"
comment = module.Perspective("any").get_score("You are a complete idiot.", tests=["TOXICITY", "INSULT"])
assert comment["TOXICITY"].score > 0.7 and comment["INSULT"].score > 0.5, comment
assert str(comment["TOXICITY"][0]), comment
