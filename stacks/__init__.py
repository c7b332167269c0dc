"""The example stacks: an order hub with and without flow control, and the slow courier that both deliver to."""
