
mq*
sBYTES:ÿÿÿÿa