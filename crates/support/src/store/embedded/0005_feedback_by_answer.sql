-- A hand-off tells whether the answer before it helped.
CREATE INDEX feedback_by_answer ON feedback (answer) WHERE answer IS NOT NULL;
