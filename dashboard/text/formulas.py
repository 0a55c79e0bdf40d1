"""The update of every sampler as LaTeX, with s_t the score, beta_t = 1 - alpha_t, Z normal."""

UPDATES = {
    "ode": r"Y_{t-1}=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\frac{1-\alpha_t}{2}\,s_t(Y_t)\Big)",
    "ddpm": r"Y_{t-1}=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+(1-\alpha_t)\,s_t(Y_t)"
    r"+\sqrt{1-\alpha_t}\,Z_t\Big)",
    "ode-accelerated": r"\begin{aligned}Y_t^-&=\sqrt{\alpha_{t+1}}\Big(Y_t-\frac{1-\alpha_{t+1}}{2}"
    r"\,s_t(Y_t)\Big)\\Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\frac{1-\alpha_t}{2}\,s_t(Y_t)"
    r"+\frac{(1-\alpha_t)^2}{4(1-\alpha_{t+1})}\big(s_t(Y_t)-\sqrt{\alpha_{t+1}}\,"
    r"s_{t+1}(Y_t^-)\big)\Big)\end{aligned}",
    "ddpm-accelerated": r"\begin{aligned}Y_t^+&=Y_t+\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t\\"
    r"Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t^++(1-\alpha_t)\,s_t(Y_t^+)"
    r"+\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t^+\Big)\end{aligned}",
    "ode-taylor": r"Y_{t-1}=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\frac{\beta_t}{2}\,s"
    r"-\frac{\beta_t^2}{8}\big(\nabla\operatorname{tr}H+H s\big)\Big),"
    r"\quad s=s_t(Y_t),\ H=\nabla s_t(Y_t)",
    "ddpm-covariance": r"Y_{t-1}=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\beta_t\,s+\sqrt{\beta_t}"
    r"\big(I+\tfrac{\beta_t}{2}H\big)Z_t\Big),\quad s=s_t(Y_t),\ H=\nabla s_t(Y_t)",
    "ddim": r"Y_{t-1}=\sqrt{\bar\alpha_{t-1}}\,\hat x_0+\sqrt{1-\bar\alpha_{t-1}-\nu_t^2}\;\hat"
    r"\epsilon+\nu_t Z_t,\quad \hat\epsilon=-\sqrt{1-\bar\alpha_t}\,s_t(Y_t),\ "
    r"\hat x_0=\frac{Y_t-\sqrt{1-\bar\alpha_t}\,\hat\epsilon}{\sqrt{\bar\alpha_t}}",
    "heun": r"u_{t-1}=u_t+\frac{\sigma_{t-1}-\sigma_t}{2}\big(\hat\epsilon_t(u_t)+"
    r"\hat\epsilon_{t-1}(u_t+(\sigma_{t-1}-\sigma_t)\,\hat\epsilon_t)\big),\quad "
    r"u=\frac{Y}{\sqrt{\bar\alpha}},\ \sigma^2=\frac{1}{\bar\alpha}-1",
    "dpmpp-2m": r"Y_{t-1}=\sqrt{\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}}\,Y_t"
    r"-\sqrt{\bar\alpha_{t-1}}\,(e^{-\Delta\lambda_t}-1)\Big(\hat x_0^{(t)}+"
    r"\frac{\Delta\lambda_t}{2\,\Delta\lambda_{t+1}}"
    r"\big(\hat x_0^{(t)}-\hat x_0^{(t+1)}\big)\Big),\quad "
    r"\Delta\lambda_t=\lambda_{t-1}-\lambda_t,\ "
    r"\lambda_t=\log\frac{\sqrt{\bar\alpha_t}}{\sqrt{1-\bar\alpha_t}}",
}
